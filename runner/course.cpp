#include "course.hpp"

#include "processes/unique_fd.hpp"
#include "workbench/closest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::vector<std::string> strings(const json::value& list) {
    std::vector<std::string> result;
    for (const json::value& one : list.as_array())
        result.emplace_back(one.as_string());
    return result;
}

exercise read_exercise(const fs::path& root, const std::string& rung,
                       const fs::path& folder) {
    exercise e;
    e.rung = rung;
    e.name = folder.filename();
    e.folder = folder;
    e.solution = root / "solutions" / rung / e.name;
    e.tests = root / "tests" / rung / e.name;
    const fs::path file = folder / "exercise.json";
    try {
        const json::value description = json::parse(read_file(file));
        e.title = description.at("title").as_string();
        e.minutes = json::value_to<int>(description.at("minutes"));
        e.edit = strings(description.at("edit"));
        e.sanitizers = strings(description.at("sanitizers"));
        if (const auto* orders = description.as_object().if_contains("orders"))
            e.orders = json::value_to<int>(*orders);
        e.fails_with = description.at("fails_with").as_string();
        for (const json::value& one : description.at("forbidden").as_array())
            e.forbidden.push_back({std::string{one.at("pattern").as_string()},
                                   std::string{one.at("why").as_string()}});
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error{
            fmt::format("{}: {}", shown(file, root), error.code().message())};
    }
    if (e.edit.empty())
        throw std::runtime_error{shown(file, root) + ": \"edit\" names no file"};
    return e;
}

std::vector<fs::path> folders_in(const fs::path& folder) {
    std::vector<fs::path> result;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{folder, none})
        if (entry.is_directory()) result.push_back(entry.path());
    std::ranges::sort(result);
    return result;
}

template <class Names>
[[noreturn]] void unknown(std::string_view what, std::string_view name,
                          const Names& names, std::string_view otherwise) {
    const std::vector<std::string_view> words(names.begin(), names.end());
    const std::string_view guess = closest(name, words);
    throw usage_error{fmt::format("there is no {} '{}'{}", what, name,
                                  guess.empty()
                                      ? fmt::format(". {}", otherwise)
                                      : fmt::format("; did you mean '{}'?", guess))};
}

} // namespace

course::course(const fs::path& root) : root_(root) {
    for (const fs::path& folder : folders_in(root / "lessons")) {
        const std::string name = folder.filename();
        if (!fs::exists(folder / "main.cpp") || name.size() < 4) continue;
        rung r{.name = name, .folder = folder, .exercises = {}};
        for (const fs::path& one : folders_in(root / "exercises" / name))
            if (fs::exists(one / "exercise.json"))
                r.exercises.push_back(read_exercise(root, name, one));
        // A shorter one first: it prepares the longer.
        std::ranges::stable_sort(r.exercises, {}, &exercise::minutes);
        rungs_.push_back(std::move(r));
    }
}

std::vector<const exercise*> course::exercises() const {
    std::vector<const exercise*> result;
    for (const rung& r : rungs_)
        for (const exercise& e : r.exercises)
            result.push_back(&e);
    return result;
}

const exercise& course::find_exercise(std::string_view name) const {
    std::vector<std::string> names;
    for (const exercise* e : exercises()) {
        if (e->name == name || e->rung + "/" + e->name == name) return *e;
        names.push_back(e->name);
    }
    unknown("exercise", name, names, "./learn list shows all");
}

const rung* course::rung_called(std::string_view name) const {
    for (const rung& r : rungs_)
        if (r.name == name || r.word() == name || r.number() == name ||
            r.number() == fmt::format("0{}", name))
            return &r;
    return nullptr;
}

const rung& course::find_rung(std::string_view name) const {
    if (const rung* found = rung_called(name)) return *found;
    std::vector<std::string> names;
    for (const rung& r : rungs_)
        names.insert(names.end(), {r.word(), r.name});
    unknown("rung", name, names, rung_names());
}

std::string course::rung_names() const {
    std::string text = "The rungs are:";
    for (const rung& r : rungs_)
        text += " " + r.name;
    return text;
}

std::string read_file(const fs::path& file) {
    const bool is_folder = fs::is_directory(file);
    std::ifstream in;
    if (!is_folder) in.open(file, std::ios::binary);
    if (is_folder || !in)
        throw std::runtime_error{
            fmt::format("{} cannot be read: {}", file.string(),
                        is_folder ? "it is a folder" : std::strerror(errno))};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void replace_file(const fs::path& file, std::string_view text) {
    const fs::path part = file.string() + ".part";
    const auto fail = [&](const char* what) {
        const int error = errno;
        ::unlink(part.c_str());
        throw std::runtime_error{
            fmt::format("{} {}: {}", file.string(), what, std::strerror(error))};
    };

    struct stat old {};

    const mode_t mode = ::stat(file.c_str(), &old) == 0 ? old.st_mode & 0777 : 0666;
    const processes::unique_fd out{
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (!out) fail("cannot be written");
    while (!text.empty()) {
        const ssize_t size = ::write(out.get(), text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) fail("was not written, and is as it was");
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    if (::fsync(out.get()) != 0 || ::rename(part.c_str(), file.c_str()) != 0)
        fail("was not written, and is as it was");
}

std::string shown(const fs::path& path, const fs::path& root) {
    const auto relative = path.lexically_relative(root);
    return relative.empty() || *relative.begin() == ".." ? path.string()
                                                         : relative.string();
}

} // namespace ladder::learn
