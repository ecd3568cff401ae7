#include "job_description.hpp"

#include "file_blocks.hpp"
#include "kept_list.hpp"
#include "processes/unique_fd.hpp"
#include "results_file.hpp"
#include "sha256.hpp"
#include "workbench/last_error.hpp"
#include "workbench/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace json = boost::json;

namespace {

constexpr int version = 1;

// [options]
/// The options of a job, said once for those who write them, read them and compare them.
/// What `decides` about the results must not change while a job goes on; a `secret` does
/// too, and is never shown; `how` it is done may.
void fields(auto& archive, auto& c) {
    archive.decides("max-bytes", c.max_bytes);
    archive.decides("user-agent", c.user_agent);
    archive.decides("method", c.request.method);
    archive.secret("header", c.request.headers);
    archive.secret("data", c.request.body);
    archive.decides("max-redirects", c.request.max_redirects);
    archive.decides("insecure-redirects", c.request.insecure_redirects);
    archive.decides("compressed", c.request.compressed);
    archive.decides("warc", c.archive);
    archive.decides("template", c.match.url_template);
    archive.decides("in-step", c.match.in_step);
    archive.decides("match-status", c.match.status);
    archive.decides("match-size", c.match.size);
    archive.decides("match-body", c.match.body);
    archive.decides("reject-body", c.match.not_body);
    archive.decides("calibrate", c.match.calibrate);
    archive.how("proxy", c.route.proxy);
    archive.how("no-proxy", c.route.no_proxy);
    archive.how("proxy-header", c.route.proxy_header);
    archive.how("connect-to", c.route.connect_to);
    archive.how("resolve", c.route.resolve);
    archive.how("ipv4", c.route.only_ipv4);
    archive.how("ipv6", c.route.only_ipv6);
    archive.how("interface", c.route.interface);
    archive.how("unix-socket", c.route.unix_socket);
    archive.how("netrc", c.route.netrc);
    archive.how("cacert", c.request.certificates);
    archive.how("insecure", c.request.insecure);
    archive.decides("robots", c.limits.robots);
    archive.how("per-host", c.limits.per_host);
    archive.how("per-host-rate", c.limits.per_host_rate);
    archive.how("rate", c.limits.rate);
    archive.how("processes", c.processes);
    archive.how("concurrency", c.concurrency);
    archive.how("timeout", c.timeout);
    archive.how("connect-timeout", c.connect_timeout);
    archive.how("deadline", c.deadline);
    archive.how("minimum-speed", c.minimum_speed);
    archive.how("retries", c.retries);
    archive.how("stuck-after", c.stuck_after);
    archive.how("min-free", c.min_free);
    archive.how("durable", c.durable);
}

// [/options]

json::value to_json(std::chrono::milliseconds value) {
    return value.count();
}

json::value to_json(const auto& value) {
    return json::value(value);
}

/// What is no UTF-8 is an array of its bytes: JSON has no other way to say it.
json::value to_json(const std::string& text) {
    std::string_view rest = text;
    for (std::size_t size = 1; !rest.empty() && size > 0; rest.remove_prefix(size))
        size = utf8_size(rest);
    if (rest.empty()) return json::value(text);
    json::array bytes;
    for (const char byte : text)
        bytes.emplace_back(static_cast<unsigned char>(byte));
    return bytes;
}

void from_json(const json::value& v, std::chrono::milliseconds& value) {
    value = std::chrono::milliseconds{v.as_int64()};
}

void from_json(const json::value& v, std::string& value) {
    if (v.is_string()) {
        value = v.get_string();
        return;
    }
    value.clear();
    for (const json::value& byte : v.as_array())
        value += static_cast<char>(byte.to_number<unsigned char>());
}

void from_json(const json::value& v, bool& value) {
    value = v.as_bool();
}

template <class T>
requires std::is_arithmetic_v<T>
void from_json(const json::value& v, T& value) {
    value = v.to_number<T>();
}

struct writer {
    json::object& to;

    void decides(const char* name, const auto& value) { to[name] = to_json(value); }

    void secret(const char* name, const auto& value) { decides(name, value); }

    void how(const char* name, const auto& value) { decides(name, value); }
};

struct reader {
    const json::object& from;

    /// One that an earlier program did not know has its default.
    void decides(const char* name, auto& value) {
        if (const json::value* v = from.if_contains(name)) from_json(*v, value);
    }

    void secret(const char* name, auto& value) { decides(name, value); }

    void how(const char* name, auto& value) { decides(name, value); }
};

/// Compares with what was written before.
struct comparison {
    const json::object& then;
    std::string found{};

    void decides(const char* name, const auto& value) {
        const json::value& before = then.at(name);
        const std::string now = json::serialize(to_json(value));
        if (now != json::serialize(before))
            add(fmt::format("--{} is {} and was {}", name, now, json::serialize(before)));
    }

    void secret(const char* name, const std::string& value) {
        if (then.at(name) != to_json(value)) add(fmt::format("--{} differs", name));
    }

    void add(const std::string& what) { found += (found.empty() ? "" : ", ") + what; }

    void how(const char*, const auto&) {}
};

struct identification {
    sha256 hash{};
    list_identity list{};

    void take(std::string_view block) {
        hash.update(block);
        list.bytes += block.size();
    }

    list_identity finish() {
        list.sha256 = hash.finish();
        return list;
    }
};

json::object options_of(const command_line& c) {
    json::object options;
    writer to{options};
    fields(to, c);
    return options;
}

/// A file that is not there has none. Throws std::system_error.
std::string content_of(const std::filesystem::path& file) {
    const processes::unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!in && errno == ENOENT) return {};
    if (!in) throw last_error(file);
    std::string content;
    for_each_block(in.get(), file, [&](std::string_view block) { content += block; });
    return content;
}

} // namespace

std::string as_typed(const std::filesystem::path& folder) {
    std::string name = folder;
    if (name.starts_with('-')) name.insert(0, "./"); // or else it would be an option
    const auto is_plain = [](unsigned char c) {
        return c >= 0x80 || std::isalnum(c) != 0 ||
               std::string_view{"_./-+=:,@%"}.find(static_cast<char>(c)) !=
                   std::string_view::npos;
    };
    if (!name.empty() && std::ranges::all_of(name, is_plain)) return name;
    std::string quoted = "'";
    for (const char c : name)
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + '\'';
}

list_identity identify(const command_line& now) {
    identification list;
    for_each_block_of_list(now, !now.input.empty(),
                           [&](std::string_view block) { list.take(block); });
    return list.finish();
}

list_identity identify(const std::string& file) {
    command_line only;
    only.input = file;
    return identify(only);
}

job_description read_description(const std::filesystem::path& file) {
    const std::string content = content_of(file);
    try {
        const json::value v = json::parse(content);
        if (v.at("version").as_int64() != version)
            throw job_error{fmt::format("{}: a job of version {}; this program knows {}",
                                        file.string(), v.at("version").as_int64(),
                                        version)};
        job_description about;
        about.whole_list = v.at("list").at("whole").as_bool();
        about.list.bytes = v.at("list").at("bytes").to_number<std::uint64_t>();
        about.list.sha256 = v.at("list").at("sha256").as_string();
        reader from{v.at("options").as_object()};
        fields(from, about.options);
        return about;
    } catch (const job_error&) {
        throw;
    } catch (const std::exception&) {
        throw job_error{fmt::format("{} is not the description of a job, or damaged; "
                                    "begin anew with --overwrite",
                                    file.string())};
    }
}

void write_description(const std::filesystem::path& file, const job_description& about) {
    const json::object v{{"version", version},
                         {"list",
                          {{"whole", about.whole_list},
                           {"bytes", about.list.bytes},
                           {"sha256", about.list.sha256}}},
                         {"options", options_of(about.options)}};
    const std::string text = json::serialize(v) + '\n';
    if (content_of(file) == text) return;
    const std::string next = file.string() + ".new";
    constexpr mode_t secret = 0600; // headers may have passwords
    results_file out{next, results_file::existing::replaced, secret};
    out.add(text);
    out.flush();
    out.make_durable();
    if (::rename(next.c_str(), file.c_str()) != 0) throw last_error(file);
}

std::string difference(const job_description& then, const command_line& now) {
    const json::object before = options_of(then.options);
    comparison compare{before};
    fields(compare, now);
    // A pipe is read only for those who want to know.
    const bool unread = now.input == "-" && !now.resume;
    if ((now.urls.empty() && now.input.empty()) || unread || !then.whole_list)
        return compare.found;
    if (const auto other = difference(then.list, identify(now)); !other.empty())
        compare.add(other);
    return compare.found;
}

std::string difference(const list_identity& then, const list_identity& now) {
    if (now == then) return {};
    if (now.bytes == then.bytes) return "the list has other lines";
    return fmt::format("the list has {} bytes and had {}", now.bytes, then.bytes);
}

} // namespace ladder::fetcher
