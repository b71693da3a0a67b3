#include "proto/order.h"
