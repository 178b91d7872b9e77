// ECMAScript's encodeURI, encodeURIComponent, decodeURI and decodeURIComponent. Nothing where those throw a URIError.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::asl::jsonata {

std::optional<std::string> EncodeUrlComponent(std::string_view text);
std::optional<std::string> EncodeUrl(std::string_view text);
std::optional<std::string> DecodeUrlComponent(std::string_view text);
std::optional<std::string> DecodeUrl(std::string_view text);

}  // namespace pawl::asl::jsonata
