// Rounding and number bases as JavaScript's arithmetic gives them.
#pragma once

#include <string>

namespace pawl::asl::jsonata {

// $round: half to even at `precision` decimal places (negative: left of the point), decided on the decimal text so that
// binary fractions do not disturb it. Never -0.
double RoundHalfEven(double value, double precision);

// Number.prototype.toString(radix) of a whole number.
std::string NumberInBase(double value, int radix);

// Number.prototype.toFixed(places), without its limit of 100 places.
std::string ToFixed(double value, int places);

}  // namespace pawl::asl::jsonata
