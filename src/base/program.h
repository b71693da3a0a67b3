/* Where Hune's other programs are. */
#pragma once

/* The path of a program that ours starts: beside our own binary in a build tree (there in
 * `folder`), else where it was installed. To be freed; NULL without memory. */
char *program_path(const char *folder, const char *name);
