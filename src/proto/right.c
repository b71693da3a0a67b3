#include "proto/right.h"
