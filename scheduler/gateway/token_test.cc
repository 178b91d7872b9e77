#include "scheduler/gateway/token.h"

#include <gtest/gtest.h>

#include <thread>

namespace pawl::gateway {
namespace {

const core::TaskRef kTask{base::EntityId::Make(1'700'000'000'000, base::Slot(5), 77), base::FrameId(3),
                          base::EventId(12), 2};
const std::string kSecret(32, 's');

TEST(TokenMaker, GivesBackWhatATokenStandsFor) {
  TokenMaker tokens(kSecret);
  EXPECT_EQ(tokens.Parse(tokens.Make(kTask)), kTask);
}

// Tokens are in workers' hands while the scheduler is upgraded, so their form is fixed.
TEST(TokenMaker, MakesTheSameTokenAsEver) {
  EXPECT_EQ(TokenMaker(kSecret).Make(kTask),
            "AYvP5WgAAAUAAAAAAAAATQAAAAAAAAADAAAAAAAAAAwAAAAAAAAAAhRc9ochqy0ckqDl5Nh-UnMA");
}

TEST(TokenMaker, RefusesTokensOfAnotherSecretAlsoOnTheSameThread) {
  TokenMaker ours(kSecret), theirs(std::string(32, 't'));
  EXPECT_FALSE(ours.Parse(theirs.Make(kTask)));
  EXPECT_FALSE(theirs.Parse(ours.Make(kTask)));
  EXPECT_TRUE(ours.Parse(ours.Make(kTask)));
}

TEST(TokenMaker, RefusesATokenWithAnyCharacterChanged) {
  TokenMaker tokens(kSecret);
  const std::string token = tokens.Make(kTask);
  for (size_t i = 0; i < token.size(); ++i) {
    for (char other : {'A', 'z', '!', '\0', '\xff'}) {
      std::string changed = token;
      if (changed[i] == other) continue;
      changed[i] = other;
      EXPECT_FALSE(tokens.Parse(changed)) << i;
    }
  }
  EXPECT_FALSE(tokens.Parse(""));
  EXPECT_FALSE(tokens.Parse(token + "AAAA"));
}

TEST(TokenMaker, ServesManyThreads) {
  TokenMaker tokens(kSecret);
  const std::string token = tokens.Make(kTask);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) EXPECT_EQ(tokens.Make(kTask), token);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pawl::gateway
