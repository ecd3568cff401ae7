#pragma once

#include "job.hpp"
#include "url_list.hpp"

#include <optional>

namespace ladder::fetcher {

/// What of a list has no outcome yet.
class unfinished : public url_source {
public:
    unfinished(url_list& list, std::optional<job>& job) : list_(list), job_(job) {}

    std::optional<task> next() override {
        auto next = list_.next();
        while (next && job_ && job_->done().contains(next->id))
            next = list_.next();
        if (job_ && job_->list_is_open() && list_.ended()) job_->close_list();
        return next;
    }

    void close() noexcept override { list_.close(); }

private:
    url_list& list_;
    std::optional<job>& job_;
};

} // namespace ladder::fetcher
