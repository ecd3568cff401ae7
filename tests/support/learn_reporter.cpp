// What `./learn check` reads: a line of JSON for each thing that happens in a test, as
// soon as it happens, so that it is there when the test crashes or hangs afterwards.
//   {"begin": CASE}
//   {"failed": "CHECK( x == 2 )", "found": "1 == 2", "file": …, "line": …, "notes":
//   [...]}
//   {"end": CASE, "left": "thread 12, descriptor 7 (…)"}
//   {"ended": true}   the last one; without it the program ended itself

#include "leftovers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <catch2/reporters/catch_reporter_streaming_base.hpp>

#include <ostream>
#include <string>

namespace {

namespace json = boost::json;

class learn_reporter : public Catch::StreamingReporterBase {
public:
    using StreamingReporterBase::StreamingReporterBase;

    static std::string getDescription() { return "lines of JSON, for ./learn check"; }

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        StreamingReporterBase::testCaseStarting(info);
        before_ = ladder::leftovers::now();
        write({{"begin", info.name}});
    }

    void assertionEnded(const Catch::AssertionStats& stats) override {
        const Catch::AssertionResult& result = stats.assertionResult;
        if (result.isOk()) return;
        json::array notes;
        for (const Catch::MessageInfo& note : stats.infoMessages)
            notes.emplace_back(note.message);
        if (result.hasMessage()) notes.emplace_back(std::string{result.getMessage()});
        json::object event{{"failed", result.getExpressionInMacro()},
                           {"file", result.getSourceInfo().file},
                           {"line", result.getSourceInfo().line},
                           {"notes", notes}};
        if (result.hasExpandedExpression())
            event["found"] = result.getExpandedExpression();
        write(event);
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        if (left_.empty()) left_ = ladder::leftovers::since(before_); // the first will do
        write({{"end", stats.testInfo->name}, {"left", left_}});
        StreamingReporterBase::testCaseEnded(stats);
    }

    void testRunEnded(const Catch::TestRunStats& stats) override {
        write({{"ended", true}});
        StreamingReporterBase::testRunEnded(stats);
    }

private:
    void write(const json::object& event) {
        m_stream << json::serialize(event) << std::endl;
    }

    ladder::leftovers before_;
    std::string left_;
};

CATCH_REGISTER_REPORTER("learn", learn_reporter)

} // namespace
