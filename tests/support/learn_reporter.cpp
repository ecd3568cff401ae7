// What `./learn check` reads: a line of JSON for each thing that happens in a test, as
// soon as it happens, so that it is there when the test crashes or hangs afterwards.
//   {"begin": CASE}
//   {"failed": "CHECK( x == 2 )", "found": "1 == 2", "file": …, "line": …, "notes":
//   [...]}
//   {"end": CASE, "left": "thread 12, descriptor 7 (…)"}
//   {"ended": true}   the last one; without it the program ended itself

#include "leftovers.hpp"
#include "sanitizer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <catch2/reporters/catch_reporter_streaming_base.hpp>

#include <array>
#include <csignal>
#include <ostream>
#include <string>
#include <string_view>

#include <execinfo.h>
#include <unistd.h>

namespace {

namespace json = boost::json;

/// The stack, for `./learn check`; then the signal does what it did before. Catch2's own
/// handler, which is there while a test runs, hands on to this one.
extern "C" void write_stack_of_crash(int) {
    std::array<void*, 64> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    constexpr std::string_view headline = "\nCRASH\n";
    (void)!::write(STDERR_FILENO, headline.data(), headline.size());
    ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
}

void say_where_it_crashes() {
    if (ladder::address_sanitizer || ladder::thread_sanitizer) return; // which says it
    static std::array<char, 1 << 16> stack; // the thread's own one may be what is full
    stack_t other{};
    other.ss_sp = stack.data();
    other.ss_size = stack.size();
    ::sigaltstack(&other, nullptr);
    struct sigaction action {};

    action.sa_handler = write_stack_of_crash;
    action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        ::sigaction(number, &action, nullptr);
}

class learn_reporter : public Catch::StreamingReporterBase {
public:
    using StreamingReporterBase::StreamingReporterBase;

    static std::string getDescription() { return "lines of JSON, for ./learn check"; }

    void testRunStarting(const Catch::TestRunInfo& info) override {
        StreamingReporterBase::testRunStarting(info);
        say_where_it_crashes();
    }

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
