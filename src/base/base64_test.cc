#include "base/base64.h"

#include <gtest/gtest.h>

namespace takhin {
namespace {

// RFC 4648, section 10.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"", ""},         {"f", "Zg=="},     {"fo", "Zm8="},        {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "+/+/"},
};

TEST(Base64, HasTheVectorsOfItsRfc) {
  for (const auto& [plain, text] : kVectors) {
    EXPECT_EQ(to_base64(view_of(plain)), text);
    const auto back = from_base64(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(text_of(*back), plain);
  }
}

TEST(Base64, TakesNothingThatItDoesNotWrite) {
  for (const std::string_view bad : {"Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n", "Zm-_", "=", "====", "Zg= ="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace takhin
