#include "object/probe.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "object/memory.h"
#include "testing/fake_clock.h"
#include "testing/seeded_random.h"

namespace takhin::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A store with one bad habit.
class Flawed final : public ObjectStore {
 public:
  enum class Flaw {
    kNone,
    kIgnoresConditions,
    kIgnoresAfter,
    kIgnoresRanges,
    kNeverOverwrites,
    kListsBackwards,
    kKeepsRemoved,
    kNoUploads,
    kHidesChecksums,
    kSaysNothingIsAbsent,
    kRefusesAll,
  };
  Flawed(Flaw flaw, ObjectStore& below) : flaw_(flaw), below_(below) {}

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override {
    if (flaw_ == Flaw::kRefusesAll) return fail(Kind::kDenied, "403 AccessDenied");
    if (flaw_ == Flaw::kIgnoresConditions) when = When::kAlways;
    if (flaw_ == Flaw::kNeverOverwrites && when == When::kAlways && below_.head(key, deadline).ok()) {
      return below_.head(key, deadline);
    }
    return plain(below_.put(key, body, when, deadline));
  }
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override {
    if (flaw_ == Flaw::kNoUploads) return fail(Kind::kInvalid, "501 NotImplemented");
    return below_.upload(key, flaw_ == Flaw::kIgnoresConditions ? When::kAlways : when, deadline);
  }
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override {
    if (flaw_ == Flaw::kIgnoresRanges) range = {0, range.size()};
    return below_.get(key, range, deadline);
  }
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override {
    auto info = plain(below_.head(key, deadline));
    if (!info.ok() && flaw_ == Flaw::kSaysNothingIsAbsent) return fail(Kind::kDenied, "403");
    return info;
  }
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override {
    TRY(Page page, below_.list(prefix, flaw_ == Flaw::kIgnoresAfter ? "" : after, deadline));
    if (flaw_ == Flaw::kListsBackwards) std::ranges::reverse(page.objects);
    return page;
  }
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override {
    if (flaw_ == Flaw::kKeepsRemoved) return std::vector<KeyError>{};
    return below_.remove(keys, deadline);
  }
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override {
    return below_.abort_uploads(prefix, older_than, deadline);
  }

 private:
  Result<ObjectInfo> plain(Result<ObjectInfo> info) const {
    if (info.ok() && flaw_ == Flaw::kHidesChecksums) info->crc32c.reset();
    return info;
  }

  const Flaw flaw_;
  ObjectStore& below_;
};

class Probing : public ::testing::Test {
 protected:
  using Flaw = Flawed::Flaw;

  /// The capabilities that are answered with no; the ones that takhin needs with a mark.
  std::vector<std::string> lacks(Flaw flaw) {
    MemoryStore memory(clock_);
    Flawed store(flaw, memory);
    const auto findings = probe(store, "p/", clock_, random_);
    EXPECT_TRUE(findings.ok()) << findings.error().text;
    std::vector<std::string> out;
    for (const Finding& finding : *findings) {
      if (finding.answer == "no") out.push_back(finding.capability + (finding.missing() ? " !" : ""));
    }
    left_ = memory.list("", "", Deadline::never())->objects.size();
    return out;
  }

  takhin::testing::FakeClock clock_;
  takhin::testing::SeededRandom random_;
  std::size_t left_ = 0;
};

TEST_F(Probing, AGoodStoreLacksNothingAndIsLeftClean) {
  EXPECT_THAT(lacks(Flaw::kNone), IsEmpty());
  EXPECT_EQ(left_, 0u);
}

TEST_F(Probing, EachFlawIsFoundByItsName) {
  EXPECT_THAT(lacks(Flaw::kIgnoresConditions), ElementsAre("conditional put", "conditional upload"));
  EXPECT_THAT(lacks(Flaw::kIgnoresAfter), ElementsAre("list start-after !"));
  EXPECT_THAT(lacks(Flaw::kIgnoresRanges), ElementsAre("ranged get !"));
  EXPECT_THAT(lacks(Flaw::kNeverOverwrites), ElementsAre("overwrite !"));
  EXPECT_THAT(lacks(Flaw::kListsBackwards), ElementsAre("list in key order !", "list start-after !", "multi-delete !"));
  EXPECT_THAT(lacks(Flaw::kKeepsRemoved), ElementsAre("multi-delete !"));
  EXPECT_THAT(lacks(Flaw::kHidesChecksums), ElementsAre("crc32c of a put", "crc32c of an upload"));
  EXPECT_THAT(lacks(Flaw::kSaysNothingIsAbsent), ElementsAre("absent objects !", "abort of an upload !"));
}

TEST_F(Probing, WithoutUploadsTheRestIsStillTried) {
  EXPECT_THAT(lacks(Flaw::kNoUploads),
              ElementsAre("multipart upload !", "crc32c of an upload", "conditional upload", "abort of an upload !"));
  EXPECT_EQ(left_, 0u);
}

TEST_F(Probing, AStoreThatTakesNothingIsAnError) {
  MemoryStore memory(clock_);
  Flawed store(Flaw::kRefusesAll, memory);
  const auto findings = probe(store, "p/", clock_, random_);
  ASSERT_FALSE(findings.ok());
  EXPECT_THAT(findings.error().text, HasSubstr("403 AccessDenied"));
}

}  // namespace
}  // namespace takhin::object
