#include "proto/command.h"
