/* XES: whatever the bytes are, the reader lives. The first byte chooses whether an attribute is the customer. */
#include "one_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct input in = {bytes, n};
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.format = SJ_FORMAT_XES;
    options.max_rejects_count = 1000;
    if (take_byte(&in) % 2 == 1)
        options.customer_attribute = SJ_LIT("client");
    import_input(take_rest(&in), &options);
    return 0;
}
