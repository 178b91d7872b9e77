// Text from users made fit for logs and labels. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::telemetry {

// `text` as valid UTF-8 of at most `bytes_max` bytes: each byte that belongs to no valid sequence becomes U+FFFD, and a
// longer text is cut between characters and ends with "...". One bad byte in a label would make Prometheus refuse the
// whole scrape, hence this.
std::string CleanText(std::string_view text, size_t bytes_max);

}  // namespace pawl::telemetry
