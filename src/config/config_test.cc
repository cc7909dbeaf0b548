#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/option.h"
#include "config/yaml.h"

namespace takhin::config {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kModes[] = {"fast", "safe"};
const Option kEnabled{.key = "storage.tiered.enabled", .fallback = false, .doc = "Tiering."};
const Option kBucket{.key = "storage.tiered.s3.bucket", .fallback = std::string(""), .doc = "Bucket."};
const Option kPort{.key = "kafka.port", .fallback = std::int64_t{9092}, .min = 0, .max = 65535, .doc = "Port."};
const Option kHz{.key = "storage.tiered.hot.min.access.hz", .fallback = 10.0, .min = 0, .doc = "Accesses per hour."};
const Option kSecret{.key = "storage.tiered.s3.secret.key", .fallback = std::string(""), .doc = "Key.", .secret = true};
const Option kMode{.key = "log.mode", .fallback = std::string("safe"), .doc = "Mode.", .choices = kModes};
const Option* const kRows[] = {&kEnabled, &kBucket, &kPort, &kHz, &kSecret, &kMode};

Result<Settings> from_yaml(const std::string& text) {
  return Settings::load(kRows, {.yaml = text, .yaml_name = "t.yaml"});
}
std::string error_of(const std::string& yaml) {
  const auto settings = from_yaml(yaml);
  if (settings.ok()) return "no error";
  EXPECT_EQ(settings.error().kind, Kind::kInvalid);
  EXPECT_EQ(settings.error().text.find('\n'), std::string::npos) << "one line";
  return settings.error().text;
}

TEST(Settings, DefaultsHoldWithoutAnySource) {
  const auto settings = *Settings::load(kRows, {});
  EXPECT_FALSE(settings.flag(kEnabled));
  EXPECT_EQ(settings.integer(kPort), 9092);
  EXPECT_EQ(settings.number(kHz), 10.0);
  EXPECT_EQ(settings.text(kBucket), "");
  EXPECT_EQ(settings.origin(kPort), Origin::kDefault);
}

TEST(Settings, NestedAndDottedSpellingsLoadTheSame) {
  for (const char* yaml : {"storage: {tiered: {enabled: true, s3: {bucket: x}}}\nkafka: {port: 1}",
                           "storage.tiered.enabled: true\nstorage.tiered.s3.bucket: x\nkafka.port: 1",
                           "storage:\n  tiered:\n    enabled: true\n    s3.bucket: x\nkafka:\n  port: \"1\"\n"}) {
    const auto settings = from_yaml(yaml);
    ASSERT_TRUE(settings.ok()) << settings.error().text;
    EXPECT_TRUE(settings->flag(kEnabled));
    EXPECT_EQ(settings->text(kBucket), "x");
    EXPECT_EQ(settings->integer(kPort), 1);
    EXPECT_EQ(settings->origin(kPort), Origin::kFile);
  }
}

TEST(Settings, EnvironmentBeatsFileAndSetBeatsBoth) {
  Sources sources{.yaml = "kafka.port: 1\nstorage.tiered.s3.bucket: file", .yaml_name = "t.yaml"};
  sources.environment = {{"TAKHIN_KAFKA_PORT", "2"}, {"TAKHIN_STORAGE_TIERED_S3_BUCKET", "env"}, {"TAKHIN_OTHER", "?"}};
  sources.set = {"kafka.port=3"};
  const auto settings = *Settings::load(kRows, sources);
  EXPECT_EQ(settings.integer(kPort), 3);
  EXPECT_EQ(settings.origin(kPort), Origin::kCommandLine);
  EXPECT_EQ(settings.text(kBucket), "env");
  EXPECT_EQ(settings.origin(kBucket), Origin::kEnvironment);
  EXPECT_EQ(env_name("storage.tiered.s3.bucket"), "TAKHIN_STORAGE_TIERED_S3_BUCKET");
}

TEST(Settings, WrongValuesNameKeyValueRuleAndPlace) {
  EXPECT_EQ(error_of("kafka:\n  port: 65536"), "kafka.port = 65536: must be between 0 and 65535 (t.yaml:2)");
  EXPECT_EQ(error_of("kafka.port: 1e3"), "kafka.port = 1e3: must be a whole number (t.yaml:1)");
  EXPECT_EQ(error_of("kafka.port: 9092x"), "kafka.port = 9092x: must be a whole number (t.yaml:1)");
  EXPECT_EQ(error_of("kafka.port:"), "kafka.port = : must be a whole number (t.yaml:1)");
  EXPECT_EQ(error_of("kafka.port: 99999999999999999999"),
            "kafka.port = 99999999999999999999: must be a whole number (t.yaml:1)");
  EXPECT_EQ(error_of("storage.tiered.enabled: yes"), "storage.tiered.enabled = yes: must be true or false (t.yaml:1)");
  EXPECT_EQ(error_of("storage.tiered.hot.min.access.hz: -0.5"),
            "storage.tiered.hot.min.access.hz = -0.5: must be at least 0.0 (t.yaml:1)");
  EXPECT_EQ(error_of("storage.tiered.hot.min.access.hz: nan"),
            "storage.tiered.hot.min.access.hz = nan: must be a number (t.yaml:1)");
  EXPECT_EQ(error_of("log.mode: slow"), "log.mode = slow: must be one of fast, safe (t.yaml:1)");
}

TEST(Settings, UnknownKeysNameTheNearestKnownOne) {
  EXPECT_EQ(error_of("storage.tierd.enabled: true"),
            "storage.tierd.enabled = true: unknown key, did you mean storage.tiered.enabled? (t.yaml:1)");
  EXPECT_EQ(error_of("s3: {bucket: b}"),
            "s3.bucket = b: unknown key, did you mean storage.tiered.s3.bucket? (t.yaml:1)");
  EXPECT_EQ(error_of("completely.different.thing: 1"), "completely.different.thing = 1: unknown key (t.yaml:1)");
  EXPECT_EQ(error_of("kafka: 3"), "kafka = 3: is a group of keys, such as kafka.port (t.yaml:1)");
}

TEST(Settings, OneKeyTwiceIsAnError) {
  EXPECT_EQ(error_of("kafka: {port: 1}\nkafka.port: 2"), "kafka.port = 2: is set twice (t.yaml:2)");
  EXPECT_EQ(error_of("kafka.port: 1\nkafka.port: 1"), "kafka.port = 1: is set twice (t.yaml:2)");
}

TEST(Settings, SecretsNeverShow) {
  const auto settings = *Settings::load(kRows, {.set = {"storage.tiered.s3.secret.key=hush"}});
  EXPECT_EQ(settings.text(kSecret), "hush");
  for (const auto& setting : settings.all())
    EXPECT_EQ(printable(setting).find("hush"), std::string::npos);
  EXPECT_EQ(broken_rule(settings, kSecret, "is wrong").text, "storage.tiered.s3.secret.key = ***: is wrong");
  EXPECT_EQ(broken_rule(settings, kPort, "is wrong").text, "kafka.port = 9092: is wrong");
}

TEST(Settings, SetNeedsAKeyAndAValue) {
  EXPECT_EQ(Settings::load(kRows, {.set = {"kafka.port"}}).error().text, "--set kafka.port: must be key=value");
  EXPECT_EQ(Settings::load(kRows, {.set = {"kafka.prt=1"}}).error().text,
            "kafka.prt = 1: unknown key, did you mean kafka.port? (--set)");
  EXPECT_EQ(Settings::load(kRows, {.set = {"storage.tiered.s3.bucket=a=b"}})->text(kBucket), "a=b");
  EXPECT_EQ(Settings::load(kRows, {.environment = {{"TAKHIN_KAFKA_PORT", ""}}}).error().text,
            "kafka.port = : must be a whole number (environment TAKHIN_KAFKA_PORT)");
}

TEST(Settings, HostileFilesAreRefusedInOneLine) {
  EXPECT_THAT(error_of("a: [1"), HasSubstr("t.yaml:"));
  EXPECT_EQ(error_of("- 1\n- 2"), "t.yaml: must be a map of keys to values");
  EXPECT_EQ(error_of("storage.tiered.s3.bucket: [{a: 1}]"),
            "t.yaml:1: storage.tiered.s3.bucket: a list may hold plain values only");
  EXPECT_THAT(error_of("kafka.port: \"1\\n2\""), HasSubstr("kafka.port = 1 2:"));
  std::string deep = "a: 1";
  for (int i = 0; i < 100; ++i)
    deep = "a: {" + deep + "}";
  EXPECT_THAT(error_of(deep), HasSubstr("nested deeper than 32 levels"));
  std::string laughs = "a0: &a0 {x: 1, y: 1, z: 1}\n";
  for (int i = 1; i < 12; ++i) {
    laughs += fmt::format("a{0}: &a{0} {{x: *a{1}, y: *a{1}, z: *a{1}}}\n", i, i - 1);
  }
  EXPECT_THAT(error_of(laughs), HasSubstr("more than 10000 keys"));
  EXPECT_TRUE(from_yaml("").ok());
  EXPECT_TRUE(from_yaml("storage:\n  tiered:\n# all commented out\n").ok());
}

TEST(Settings, ListsBecomeCommaSeparatedText) {
  EXPECT_EQ(from_yaml("storage.tiered.s3.bucket: [a, b]")->text(kBucket), "a,b");
}

TEST(Settings, AllIsSortedAndMarkdownHasARowEach) {
  const auto settings = *Settings::load(kRows, {});
  const auto all = settings.all();
  ASSERT_EQ(all.size(), 6u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.option->key < b.option->key; }));
  EXPECT_EQ(printable(all[0]), "9092");
  const auto text = markdown(kRows);
  EXPECT_THAT(
      text,
      HasSubstr(
          "| `kafka.port` | whole number | `9092` | must be between 0 and 65535 | `TAKHIN_KAFKA_PORT` | Port. |"));
  EXPECT_THAT(text, HasSubstr("| `storage.tiered.hot.min.access.hz` | number | `10.0` |"));
}

}  // namespace
}  // namespace takhin::config
