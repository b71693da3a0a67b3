#include "proto/sshsig.h"
