#include "scheduler/api/aws/json_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pawl::api::aws {
namespace {

TEST(JsonWriter, WritesObjectsAndArrays) {
  JsonWriter out;
  out.BeginObject().Key("a").Number(1).Key("b").BeginArray().String("x").Bool(true).Raw("{\"y\":2}").EndArray();
  out.Key("c").BeginObject().EndObject();
  EXPECT_EQ(out.EndObject().Take(), R"({"a":1,"b":["x",true,{"y":2}],"c":{}})");
}

TEST(JsonWriter, EscapesWhatJsonReserves) {
  std::string text;
  for (int c = 0; c < 0x80; ++c) text += static_cast<char>(c);
  text += "\xc3\xa9";
  JsonWriter out;
  EXPECT_EQ(nlohmann::json::parse(out.String(text).Take()).get<std::string>(), text);
}

TEST(JsonWriter, WritesTimesAsSecondsWithMilliseconds) {
  const auto at = [](int64_t ms) {
    JsonWriter out;
    return out.Time(base::WallTime(std::chrono::milliseconds(ms))).Take();
  };
  EXPECT_EQ(at(1'700'000'000'045), "1700000000.045");
  EXPECT_EQ(at(0), "0.000");
  EXPECT_EQ(at(-1), "0.000");
}

}  // namespace
}  // namespace pawl::api::aws
