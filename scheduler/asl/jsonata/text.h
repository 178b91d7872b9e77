// Text as JavaScript sees it, on UTF-8: code points, UTF-16 offsets and order, number texts, letter case.
//
// A lone UTF-16 surrogate is kept as its three-byte form (WTF-8), so that no string of the language is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::asl::jsonata {

// The code point at `offset`, which moves behind it; U+FFFD for a malformed byte.
char32_t NextCodePoint(std::string_view text, size_t& offset);
void AppendCodePoint(char32_t code_point, std::string& out);
bool IsAscii(std::string_view text);

size_t CodePointCount(std::string_view text);
// The byte offset of the code point with number `index`, at most the end.
size_t ByteOffsetOfCodePoint(std::string_view text, size_t index);
size_t Utf16Length(std::string_view text);
// The byte offset where the first `units` UTF-16 units end, at most the end.
size_t ByteOffsetOfUtf16(std::string_view text, size_t units);

std::u16string ToUtf16(std::string_view text);
std::string FromUtf16(std::u16string_view text);
std::u32string ToUtf32(std::string_view text);
std::string FromUtf32(std::u32string_view text);

// Appends; a high and a low surrogate that meet become one character.
void AppendText(std::string_view text, std::string& out);
bool HasLoneSurrogate(std::string_view text);
// With lone surrogates replaced by U+FFFD.
std::string WithoutLoneSurrogates(std::string_view text);

// Negative, zero or positive: the order of JavaScript's `<` on strings, by UTF-16 units.
int CompareText(std::string_view a, std::string_view b);

// ECMAScript Number::toString(10).
std::string NumberToString(double value);
// Number(value.toPrecision(15)).
double RoundToPrecision15(double value);
// parseInt(text, 10); NaN where there is no digit.
double ParseInt(std::string_view text);

// Unicode's simple case mapping and the special cases that JavaScript knows without a locale.
std::string ToUpperCase(std::string_view text);
std::string ToLowerCase(std::string_view text);

// As JSON.stringify of a string, quotes included; lone surrogates escaped.
void AppendJsonString(std::string_view text, std::string& out);
std::string JsonString(std::string_view text);

}  // namespace pawl::asl::jsonata
