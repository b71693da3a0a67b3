/* Throw-away keys and signatures over "the message", made by OpenSSH 9.2's ssh-keygen. */
#pragma once

static const char plain_private[] __attribute__((unused)) =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACAuNtDUpXtE3+n1rShP73l8yIbcqD3Hjde68V+Uw5jK/QAAAJDuqqpw7qqq\n"
    "cAAAAAtzc2gtZWQyNTUxOQAAACAuNtDUpXtE3+n1rShP73l8yIbcqD3Hjde68V+Uw5jK/Q\n"
    "AAAECWizaH4gtjMV3L7pm7lQ5RlpQvFJLUXW1yWfdm5bXfWC420NSle0Tf6fWtKE/veXzI\n"
    "htyoPceN17rxX5TDmMr9AAAACHRlc3Qga2V5AQIDBAU=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char plain_public[] __attribute__((unused)) =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf6fWtKE/veXzIhtyoPceN17rxX5TDmMr9 test key";
static const char plain_fingerprint[]
    __attribute__((unused)) = "SHA256:/ZI9lzUdqkLfQ6vY4KYLd1aHvRxXWGx5jdNr9fZPeDg";

/* The same kind of key behind a passphrase. */
static const char encrypted_private[] __attribute__((unused)) =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBQUYxUuT\n"
    "3rm4dWyNJXE5SOAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIL+wyUS5sbLpKjx8\n"
    "Q7c5KosK1VLUxC8rJCMxPOQi16IdAAAAkExaStCl5rejuRgFxmn8Hk5/fth2eo03ZbrDu4\n"
    "RNWIjv1b3hUwVIV9a09i1fOkwryQDs62yeFyy6HuhaaNWBcSrAHPI5yFGo7nX9lalg3svQ\n"
    "6z2xjKdgr8hgsHfbNK+CX22ZBuigIT0tY9E1Zxbl6pLSp1ElvtInZF1r3r1QRZl775Uh3y\n"
    "OKoFVmC4BdimaWYw==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

/* Of a type that Hune does not take. */
static const char ecdsa_private[] __attribute__((unused)) =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQQ6Okfgl2O0mMwekQCkHSdyZA5eUETD\n"
    "N8apUoOOJhH5EFNIteJ6igoMAg3yF1Ivts7yRIagZhyDrHBAI+z5vJimAAAAoC5zlowuc5\n"
    "aMAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDo6R+CXY7SYzB6R\n"
    "AKQdJ3JkDl5QRMM3xqlSg44mEfkQU0i14nqKCgwCDfIXUi+2zvJEhqBmHIOscEAj7Pm8mK\n"
    "YAAAAgWD2+yKkc8gchHzuZ/MBj+UKIC4sF+48+RcZo8w1/K34AAAAEdGVzdAECAwQ=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char ecdsa_public[] __attribute__((unused)) =
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDo6R+"
    "CXY7SYzB6RAKQdJ3JkDl5QRMM3xqlSg44mEfkQU0i14nqKCgwCDfIXUi+2zvJEhqBmHIOscEAj7Pm8mKY= test";

/* By the plain key: -n order@hune; the same with -O hashalg=sha256; -n file. By the other: -n
 * order@hune. */
static const char signature_sha512[] __attribute__((unused)) =
    "-----BEGIN SSH SIGNATURE-----\n"
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgLjbQ1KV7RN/p9a0oT+95fMiG3K\n"
    "g9x43XuvFflMOYyv0AAAAKb3JkZXJAaHVuZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gt\n"
    "ZWQyNTUxOQAAAEAqLqEjpDHgvkhLHflZqCHdRwiHQK5vRdtonSlxgGgBDB/HYkV3jczNrn\n"
    "lmA8vH6fDWlsLa20DsOJgug663fqkC\n"
    "-----END SSH SIGNATURE-----\n";
static const char signature_sha256[] __attribute__((unused)) =
    "-----BEGIN SSH SIGNATURE-----\n"
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgLjbQ1KV7RN/p9a0oT+95fMiG3K\n"
    "g9x43XuvFflMOYyv0AAAAKb3JkZXJAaHVuZQAAAAAAAAAGc2hhMjU2AAAAUwAAAAtzc2gt\n"
    "ZWQyNTUxOQAAAEDOEbe1Syp0wGLJuuWgJ3DM4UON3QIL2NH5wJ9IquEJMx3juo6am6I/Wd\n"
    "Nh9Jz156GUfcJkUqhmjCqVH1+Mn5QB\n"
    "-----END SSH SIGNATURE-----\n";
static const char signature_file[] __attribute__((unused)) =
    "-----BEGIN SSH SIGNATURE-----\n"
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgLjbQ1KV7RN/p9a0oT+95fMiG3K\n"
    "g9x43XuvFflMOYyv0AAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx\n"
    "OQAAAECl+wnyLa2uWm0wpIIANt0mvqS0CPNHhvWfnICyF+B9AH9QP1ixw2DejUTx3tZ2iS\n"
    "jSKAkCuJX2m8sW0cRFTFQN\n"
    "-----END SSH SIGNATURE-----\n";
static const char signature_ecdsa[] __attribute__((unused)) =
    "-----BEGIN SSH SIGNATURE-----\n"
    "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE\n"
    "EEOjpH4JdjtJjMHpEApB0ncmQOXlBEwzfGqVKDjiYR+RBTSLXieooKDAIN8hdSL7bO8kSG\n"
    "oGYcg6xwQCPs+byYpgAAAApvcmRlckBodW5lAAAAAAAAAAZzaGE1MTIAAABkAAAAE2VjZH\n"
    "NhLXNoYTItbmlzdHAyNTYAAABJAAAAIQC25tph2KpaPYXHxHhTWqHTwCvAypjlupxlmE/W\n"
    "YtZRyAAAACBg0Bo1rO8aMtgm1xwgEhEAW/4NibN2uBtAQbTVhp5xGg==\n"
    "-----END SSH SIGNATURE-----\n";
