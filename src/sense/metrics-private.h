/* The parts of the page of metrics: each reads its files and appends its families. They return 0 or
 * -ENOMEM; `content` is scratch space. */
#pragma once

#include "base/buffer.h"
#include "sense/page.h"

int metrics_disks(struct page *page, const char *root, struct buffer *content);
int metrics_file_systems(struct page *page, const char *root, struct buffer *content);
int metrics_network(struct page *page, const char *root, struct buffer *content);
int metrics_sensors(struct page *page, const char *root, struct buffer *content);
