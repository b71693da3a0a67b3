#include "proto/verb.h"
