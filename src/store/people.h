/* Who is who in a snapshot: the sources of its events, seen by the links as they are, or as they were known on a day. Inside the room;
 * other rooms see it through store.h. */
#pragma once
#include "store/rehome.h"
#include "store/snapshot.h"

struct sj_people {
    struct sj_snapshot *snapshot;
    struct sj_resolver *resolver; /* NULL: `map` says it all */
    struct sj_home_map map;
    struct sj_homes homes;
    int64_t homes_id;      /* of the map in a file that says the same, or -1 */
    struct sj_sight sight; /* of the segments, then of the inbox */
};

/* Reads what the catalog says of who is who; inside the transaction in which the snapshot reads the rest. */
enum sj_status sj_people_read(struct sj_people *people, int64_t as_of_us, struct sj_error *err);
/* Sees the segments of the snapshot so; the inbox comes later, since it is made with the help of these. */
enum sj_status sj_people_see(struct sj_people *people, struct sj_error *err);
void sj_people_rehome_init(struct sj_people *people, struct sj_rehome *rehome); /* to see other segments so */
void sj_people_done(struct sj_people *people);
