/* XES, the XML of event logs (IEEE 1849-2016; XES 1.0 and 2.0 files too), read as a stream by expat.
 *
 *   <log>
 *     <trace>                                               a case
 *       <string key="concept:name" value="order 7"/>        case:concept:name   the customer
 *       <string key="channel" value="web"/>                 case:channel        a property of each event of the case
 *       <event>
 *         <string key="concept:name" value="pay"/>          concept:name        the touchpoint
 *         <date key="time:timestamp" value="2026-…"/>       time:timestamp      the time
 *         <int key="a" value="1"><int key="b" value="2"/>   a, a.b
 *
 * A case is a customer: by its concept:name, by its number of order where it has none. With options->customer_attribute that
 * attribute of the case, or else of the event, is the customer, and the case's name becomes the property "case".
 * Attributes inside attributes, lists and containers are named with dots; a key that comes again in the same place gets ".2", ".3".
 * Everything else is kept under its key (lifecycle:transition, org:resource, …); extensions, globals, classifiers and attributes of
 * the log are passed over. A document type is refused, and with it entities and all that can be done with them.
 * Limits: 64 levels, 16 MiB for an event. Memory: some MiB, whatever the size of the file. */
#pragma once
#include "ingest/loader.h"

#define SJ_XES_EVENT_BYTES_MAX ((size_t)16 << 20)

/* A reader (loader.h). The source must be raw: the XML says its encoding itself. Errors: SJ_E_INPUT for what is no XES, with line and
 * column; SJ_E_USAGE when no case and no event has the customer attribute; and what the source and the loader report. */
enum sj_status sj_xes_read(struct sj_source *source, struct sj_loader *loader, const struct sj_ingest_options *options,
                           const struct sj_alloc *mem, struct sj_error *err);
