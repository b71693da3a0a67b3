#include "proto/sshkey.h"
