/* XES: whatever the bytes are, the reader lives. The first byte chooses whether an attribute is the customer. */
#include "one_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    struct sj_ingest_options options;
    sj_ingest_options_init(&options);
    options.format = SJ_FORMAT_XES;
    options.max_rejects_count = 1000;
    if (n > 0 && bytes[0] % 2 == 1)
        options.customer_attribute = SJ_LIT("client");
    if (n > 0)
        import_input(bytes + 1, n - 1, &options);
    return 0;
}
