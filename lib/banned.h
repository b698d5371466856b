/*
 * Functions that this code base does without, because each has a safer twin here or in POSIX.
 * Included ahead of every file by the Makefile.
 */
#ifndef TRADEPIPE_BANNED_H
#define TRADEPIPE_BANNED_H

/* The system's headers must have declared them before the names are poisoned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll atof sscanf gmtime localtime ctime asctime

#endif
