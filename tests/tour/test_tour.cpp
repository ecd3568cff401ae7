#include "leftovers.hpp"
#include "run_program.hpp"
#include "workbench/temporary.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using ladder::leftovers;
using ladder::program_result;
using ladder::run_program;
using ladder::temporary_folder;

namespace {

const std::string program = LADDER_BIN_DIR "/tour";

std::string content(const fs::path& file) {
    std::ifstream in{file};
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// The names of the rungs, as the build lists them.
std::vector<std::string> all_rungs() {
    std::istringstream lines{content(LADDER_TOUR_RUNGS)};
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);)
        names.push_back(line.substr(0, line.find(' ')));
    return names;
}

std::string title(std::string name) {
    for (char& c : name)
        if (c == '_') c = ' ';
    return name;
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t result = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
        ++result;
    return result;
}

/// Runs the tour with a list of rungs that is this.
program_result tour_of(const std::string& rungs, const temporary_folder& where) {
    std::ofstream{where / "rungs"} << rungs;
    return run_program({program, "--pages", "2", "--delay", "1", "--rungs",
                        where / "rungs", "-o", where / "out"});
}

} // namespace

TEST_CASE("every rung that fetches has a row, a picture and figures") {
    const temporary_folder where;
    const auto before = leftovers::now();
    const auto run = run_program({program, "--pages", "5", "--in-flight", "3", "--delay",
                                  "200", "--runs", "1", "--output", where.path()});
    INFO(run.output);
    CHECK(run.status == 0);
    CHECK(leftovers::since(before) == "");

    const auto report = boost::json::parse(content(where / "tour.json"));
    CHECK(report.at("pages") == 5);
    CHECK(report.at("delay_ms") == 200);
    CHECK(report.at("in_flight") == 3);
    CHECK(report.at("machine").at("cores").to_number<int>() > 0);
    CHECK(report.at("machine").at("kernel").as_string().starts_with("Linux"));

    const auto names = all_rungs();
    const auto& rungs = report.at("rungs").as_array();
    REQUIRE(rungs.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& rung = rungs[i];
        const auto peak = rung.at("peak_in_flight").to_number<int>();
        INFO(names[i]);
        CHECK(rung.at("rung").as_string() == std::string_view{names[i]});
        CHECK(rung.at("failure").as_string().empty());
        CHECK(rung.at("requests") == 5);
        CHECK(rung.at("wall_s").to_number<double>() > 0);
        CHECK(peak <= 3);
        if (names[i] == "01_serial") CHECK(peak == 1);
        if (names[i] == "11_fibers_on_asio") CHECK(peak == 3);
        // The row in the table, and the title over its timeline.
        CHECK(count(run.output, "\n" + title(names[i]) + "  ") == 2);
        CHECK(run.output.find(fmt::format("{:>10}\n", peak)) != std::string::npos);
        const auto picture = content(where / (names[i] + ".svg"));
        CHECK(picture.starts_with("<svg"));
        CHECK(picture.find("page 5") != std::string::npos);
    }
    CHECK(run.output.find('\x1b') == std::string::npos); // this is no terminal

    // Three sentences, and a page that says the same and needs no other file.
    CHECK(count(run.output, "\n3. ") == 1);
    CHECK(report.at("conclusions").as_array().size() == 3);
    const auto page = content(where / "tour.html");
    CHECK(count(page, "<tr><td>") == names.size());
    CHECK(count(page, "<img ") == names.size() + 1); // and the comparison
    CHECK(count(page, "src=\"data:") == names.size() + 1);
    CHECK(count(page, "href=") == names.size()); // to the lessons
    for (auto at = page.find("href=\""); at != page.npos; at = page.find("href=\"", at)) {
        at += 6;
        const auto link = page.substr(at, page.find('"', at) - at);
        INFO(link);
        CHECK(fs::exists(where / link));
    }
    for (const auto& sentence : report.at("conclusions").as_array())
        CHECK(page.find(sentence.as_string()) != std::string::npos);
    CHECK(run.output.find("Next: ./learn run 01") != std::string::npos);
}

TEST_CASE("every rung runs three times, and the loop once") {
    const temporary_folder where;
    // Both are the loop, in a script that says that it ran.
    const auto real = content(LADDER_TOUR_RUNGS);
    REQUIRE(real.starts_with("01_serial "));
    const auto arguments = real.substr(9, real.find('\n') - 9);
    std::string rungs;
    for (const std::string name : {"01_serial", "99_another"}) {
        const fs::path script = where / name;
        std::ofstream{script} << "#!/bin/sh\necho >>\"$0.ran\"\nexec " LADDER_BIN_DIR
                                 "/01_serial \"$@\"\n";
        fs::permissions(script, fs::perms::owner_all);
        rungs += script.string() + arguments + "\n";
    }
    const auto run = tour_of(rungs, where);
    INFO(run.output);
    CHECK(run.status == 0);
    CHECK(count(content(where / "01_serial.ran"), "\n") == 1);
    CHECK(count(content(where / "99_another.ran"), "\n") == 3);
    CHECK(run.output.find("every other rung 3 times") != std::string::npos);
}

TEST_CASE("the picture compares a loop with fibers on the same pages") {
    const temporary_folder where;
    const auto picture = where / "picture.svg";
    const auto run = run_program({program, "--pages", "3", "--delay", "10", "--picture",
                                  picture, "-o", where.path()});
    INFO(run.output);
    CHECK(run.status == 0);
    const auto drawn = content(picture);
    CHECK(count(drawn, "<rect class=\"s\"") == 3);
    CHECK(count(drawn, "<rect class=\"f\"") == 3);
    CHECK(drawn == content(where / "comparison.svg"));
}

TEST_CASE("a rung that fails is said to, and the others run all the same") {
    const temporary_folder where;
    const auto before = leftovers::now();
    const auto real = content(LADDER_TOUR_RUNGS);
    const auto run = tour_of("/bin/false\n/bin/true\n/no/such/rung\n" + real, where);
    INFO(run.output);
    CHECK(run.status == 1);
    const auto says = [&](const char* text) {
        return run.output.find(text) != std::string::npos;
    };
    CHECK(says("FAILED: exit status 1"));
    CHECK(says("FAILED: the server saw 0 requests for 0 of the 2 pages"));
    CHECK(says("No such file"));
    CHECK(count(run.output, "FAILED") == 3);
    const auto report = boost::json::parse(content(where / "out/tour.json"));
    CHECK(report.at("rungs").as_array().size() == 3 + all_rungs().size());
    CHECK(report.at("rungs").at(0).at("failure") == "exit status 1");
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("wrong usage gets one line and status 2") {
    const temporary_folder where;
    const std::string file = where / "file";
    std::ofstream{file} << "not a folder\n";
    const std::vector<std::vector<std::string>> wrong{
        {"--pages", "0"},           {"--pages", "many"},  {"--delay", "-1"},
        {"--in-flight", "0"},       {"--runs", "0"},      {"--processes", "0"},
        {"--no-such-option"},       {"--rungs", "/no/x"}, {"--output", file},
        {"--picture", "/no/x.svg"}, {"one", "word"},      {"--output", file + "/in"},
    };
    for (auto arguments : wrong) {
        arguments.insert(arguments.begin(), program);
        const auto run = run_program(arguments);
        INFO(arguments[1] << ": " << run.output);
        CHECK(run.status == 2);
        CHECK(run.output.starts_with("tour: "));
        CHECK(count(run.output, "\n") == 1);
    }
}

TEST_CASE("an interrupted tour leaves nothing behind") {
    const temporary_folder where;
    const temporary_folder temporary;
    std::ofstream{where / "rungs"} << "/bin/sh -c sleep${IFS}1000&wait\n";
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const std::string rungs = where / "rungs", out = where / "out";
    const std::string folder_for_it = "TMPDIR=" + temporary.path();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(ends[1], STDOUT_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        ::execl("/usr/bin/env", "env", folder_for_it.c_str(), program.c_str(), "--rungs",
                rungs.c_str(), "-o", out.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    for (char next = 0; ::read(ends[0], &next, 1) == 1;) {
        text += next;
        if (text.ends_with("\nsh ")) ::kill(pid, SIGINT); // its row has begun
    }
    // Everything that the tour started holds the other end too: it is all gone.
    INFO(text);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
    CHECK(fs::is_empty(temporary.path()));
    ::close(ends[0]);
}
