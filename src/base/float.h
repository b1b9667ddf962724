// float: doubles as decimal text, in as few digits as read back as the same double; and back.
#ifndef POND_BASE_FLOAT_H
#define POND_BASE_FLOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The digits themselves, for other notations. The value is 0.DIGITS * 10^*exponent; `f` is finite
// and not 0, its sign is left out. `digits` has room for 18 bytes and ends in a NUL. Returns the
// number of digits.
int pond_shortest_digits(double f, char *digits, int *exponent);
// "1.0", "0.1", "1e16", "1.5e-7": a JSON number, always with a fraction or an exponent; an exponent
// below 1e-5 and from 1e16 on, as serde_json writes it. "null" for NaN and the infinities. Returns
// the length.
size_t pond_float_json(double f, char out[32]);
// "1", "0.1", "10000000000000000": never an exponent, and no fraction for a whole number, as Rust's
// Display writes it; "NaN", "inf", "-inf". At most 343 bytes. Returns the length.
size_t pond_float_plain(double f, char out[352]);

// The double nearest to digits * 10^exponent; of two equally near ones the even one, as strtod
// gives. False: this fast way cannot tell, which is rare (subnormals, a result between two
// doubles): use strtod.
bool pond_float_of_decimal(uint64_t digits, int exponent, double *out);

#endif
