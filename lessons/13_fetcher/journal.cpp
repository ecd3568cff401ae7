#include "journal.hpp"

#include "file_blocks.hpp"
#include "processes/unique_fd.hpp"
#include "results_file.hpp"
#include "retries.hpp"
#include "workbench/http_url.hpp"
#include "workbench/last_error.hpp"
#include "workbench/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::string_view beginning = "{\"n\":";

std::string as_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        const std::size_t size = utf8_size(text);
        valid += size > 0 ? text.substr(0, size) : "\xef\xbf\xbd"; // U+FFFD
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return valid;
}

bool needs_escape(unsigned char c) {
    return c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
}

void append_json(std::string& out, std::string_view text) {
    if (std::ranges::none_of(text, needs_escape)) {
        out += '"';
        out += text;
        out += '"';
        return;
    }
    // What is not UTF-8 must not make the line invalid.
    out += boost::json::serialize(boost::json::string{as_utf8(text)});
}

void append_json_or_null(std::string& out, std::string_view text) {
    if (text.empty())
        out += "null";
    else
        append_json(out, text);
}

void append_number(std::string& out, std::integral auto number) {
    std::array<char, 24> digits;
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// What never needs an escape.
void append_plain_or_null(std::string& out, std::string_view text) {
    if (text.empty())
        out += "null";
    else
        ((out += '"') += text) += '"';
}

/// Most lines are just what `append_record` writes without an escape, and without what
/// few pages have. Reading that takes a tenth of the time that JSON takes. Nothing:
/// it is something else, or no record.
std::optional<record> parse_plain(std::string_view line) {
    const auto skip = [&](std::string_view what) {
        if (!line.starts_with(what)) return false;
        line.remove_prefix(what.size());
        return true;
    };
    const auto number = [&](std::string_view name, auto& to) {
        if (!skip(name)) return false;
        const auto [rest, error] =
            std::from_chars(line.data(), line.data() + line.size(), to);
        line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
        return error == std::errc{};
    };
    const auto text_or_null = [&](std::string_view name, std::string& to) {
        if (!skip(name)) return false;
        if (skip("null")) return true;
        if (!skip("\"")) return false;
        const auto end = std::ranges::find_if(line, needs_escape);
        to.assign(line.begin(), end);
        line.remove_prefix(to.size());
        return skip("\"");
    };
    record r;
    std::uint64_t other = 0;
    const bool plain =
        number(beginning, r.n) && text_or_null(",\"url\":", r.url) && !r.url.empty() &&
        number(",\"status\":", r.status) && number(",\"bytes\":", r.bytes) &&
        text_or_null(",\"sha256\":", r.sha256) && text_or_null(",\"file\":", r.file) &&
        text_or_null(",\"error\":", r.error) && number(",\"attempts\":", other) &&
        number(",\"elapsed_ms\":", other) && number(".", other) && skip(",\"worker\":") &&
        (skip("null") || number("", other)) && line == "}";
    return plain ? std::optional{std::move(r)} : std::nullopt;
}

/// What stands behind `"name":`, if that is there. A quote inside of a text has a
/// backslash before it, so no text can look like this.
std::string_view behind(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    return at == line.npos ? std::string_view{} : line.substr(at + name.size());
}

} // namespace

std::string recorded_url(std::string_view url) {
    return as_utf8(shown_url(url));
}

void append_record(std::string& lines, const task& t, const outcome& o,
                   std::optional<std::size_t> worker, const std::string& error) {
    lines += beginning; // one for each page: fmt takes three times as long
    append_number(lines, t.id);
    lines += ",\"url\":";
    append_json(lines, shown_url(t.url));
    lines += ",\"status\":";
    append_number(lines, o.status);
    lines += ",\"bytes\":";
    append_number(lines, o.bytes);
    lines += ",\"sha256\":";
    append_plain_or_null(lines, o.sha256);
    lines += ",\"file\":";
    append_plain_or_null(lines, o.file);
    if (o.offset) {
        lines += ",\"offset\":";
        append_number(lines, *o.offset);
    }
    lines += ",\"error\":";
    append_json_or_null(lines, error.empty() && o.error ? o.error.message() : error);
    if (!o.final_url.empty()) {
        lines += ",\"redirects\":";
        append_number(lines, o.redirects);
        lines += ",\"final_url\":";
        append_json(lines, shown_url(o.final_url));
    }
    if (o.judged)
        lines += o.mismatch.empty() ? ",\"match\":true" : ",\"match\":false,\"why\":";
    if (!o.mismatch.empty()) append_json(lines, o.mismatch);
    lines += ",\"attempts\":";
    append_number(lines, o.attempts);
    lines += ",\"elapsed_ms\":";
    append_number(lines, o.elapsed.count() / 1000);
    lines += '.';
    append_number(lines, 1000 + o.elapsed.count() % 1000);
    lines.erase(lines.size() - 4, 1); // with its zeros in front
    lines += ",\"worker\":";
    if (worker)
        append_number(lines, *worker);
    else
        lines += "null";
    lines += "}\n";
}

std::optional<record> parse_record(std::string_view line) {
    if (auto plain = parse_plain(line)) return plain;
    boost::system::error_code error;
    const boost::json::value v = boost::json::parse(line, error);
    if (error || !v.is_object()) return {};
    try {
        const auto text = [&](const char* name) {
            const auto& t = v.at(name);
            return t.is_null() ? std::string{} : std::string{t.as_string()};
        };
        const auto offset = [&] {
            const auto* there = v.as_object().if_contains("offset");
            return there ? std::optional{there->to_number<std::uint64_t>()}
                         : std::nullopt;
        };
        return record{.n = v.at("n").to_number<std::uint64_t>(),
                      .url = text("url"),
                      .status = v.at("status").to_number<std::int32_t>(),
                      .bytes = v.at("bytes").to_number<std::uint64_t>(),
                      .sha256 = text("sha256"),
                      .file = text("file"),
                      .error = text("error"),
                      .offset = offset()};
    } catch (const std::exception&) { // another type, or not there
        return {};
    }
}

std::optional<std::uint64_t> record_number(std::string_view line) {
    std::uint64_t n = 0;
    if (!line.starts_with(beginning) || !line.ends_with('}')) return {};
    // A disk may have lost what was between the beginning of one and the end of another.
    if (line.find('\0') != line.npos || line.find(beginning, 1) != line.npos) return {};
    const char* const end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data() + beginning.size(), end, n);
    if (error != std::errc{} || !std::string_view{rest, end}.starts_with(",\"url\":\""))
        return {};
    return n;
}

bool worth_asking_again(std::string_view line) {
    if (!behind(line, ",\"error\":").starts_with("null")) return true;
    const std::string_view status = behind(line, ",\"status\":");
    int number = 0;
    std::from_chars(status.data(), status.data() + status.size(), number);
    return answered_for_now(number);
}

std::uint64_t for_each_line(const std::string& file,
                            const std::function<void(std::string_view)>& take) {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in && errno == ENOENT) return 0;
    if (!in) throw last_error(file);
    std::uint64_t whole = 0;
    std::string bytes; // of which those of the last block may hold ends of lines
    for_each_block(in.get(), file, [&](std::string_view block) {
        const std::size_t rest = bytes.size();
        bytes += block;
        std::size_t begin = 0;
        for (std::size_t end;
             (end = bytes.find('\n', std::max(begin, rest))) != std::string::npos;
             begin = end + 1)
            take(std::string_view{bytes}.substr(begin, end - begin));
        whole += begin;
        bytes.erase(0, begin);
    });
    return whole;
}

void keep_lines(const std::string& file,
                const std::function<bool(std::string_view)>& good) {
    const std::string next = file + ".new";
    try {
        results_file kept{next};
        for_each_line(file, [&](std::string_view line) {
            if (good(line)) kept.add(std::string{line} + '\n');
        });
        kept.flush();
        kept.make_durable();
        if (::rename(next.c_str(), file.c_str()) != 0) throw last_error(file);
    } catch (...) {
        ::unlink(next.c_str());
        throw;
    }
}

} // namespace ladder::fetcher
