// The function that libFuzzer calls, for one target.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    FUZZ_TARGET((pond_sv){n == 0 ? "" : (const char *)data, n});
    return 0;
}
