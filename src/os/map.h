/* Maps of files. Not for other rooms; os.h has the rules. */
#pragma once
#include "os/os.h"

/* Maps the first n > 0 bytes of the file for reading. False: errno says why. */
bool sj_map_open(int file, size_t n, struct sj_map *ret_map);
void sj_map_close(struct sj_map map);
void sj_map_forget(struct sj_map part);
bool sj_map_lost(struct sj_map part);
