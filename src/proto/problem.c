#include "proto/problem.h"
