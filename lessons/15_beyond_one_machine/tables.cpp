#include "queue.hpp"

namespace ladder::beyond_one_machine {

// [tables]
namespace {

constexpr const char* tables[] = {
    // A list. `lines_` is known when all of it is loaded. `drain` is the fence of whoever
    // writes the results, and `drained_bytes` is how much of their file is true.
    "create table if not exists job ("
    "  id int unsigned auto_increment primary key,"
    "  name varchar(100) character set utf8mb4 collate utf8mb4_bin not null unique,"
    "  size int unsigned not null,"
    "  lines_ bigint unsigned,"
    "  drain int unsigned not null default 0,"
    "  drained_bytes bigint unsigned not null default 0,"
    "  results varbinary(4096) not null default '',"
    "  began datetime(3) not null) engine = InnoDB",

    // What is to be done: written once. A row is a batch, because a row costs as much as
    // five hundred URLs in it.
    "create table if not exists task ("
    "  job int unsigned, first bigint unsigned, n int unsigned,"
    "  urls longblob not null,"
    "  primary key (job, first, n)) engine = InnoDB",

    // Who does it: small, and changed all the time.
    "create table if not exists lease ("
    "  job int unsigned, first bigint unsigned, n int unsigned,"
    "  state enum('ready', 'leased', 'done', 'drained', 'split') not null,"
    "  fence int unsigned not null default 0,"
    "  deaths int unsigned not null default 0,"
    "  owner varchar(200) character set ascii not null default '',"
    "  claim bigint unsigned not null default 0,"
    "  lease_until datetime(3),"
    "  primary key (job, first, n),"
    "  key next_one (job, state, first)) engine = InnoDB",

    // What came of it: written once, in the transaction that makes the batch done.
    "create table if not exists outcome ("
    "  job int unsigned, first bigint unsigned, n int unsigned,"
    "  fence int unsigned not null,"
    "  owner varchar(200) character set ascii not null,"
    "  failed int unsigned not null,"
    "  body longblob not null,"
    "  primary key (job, first, n)) engine = InnoDB",

    "create table if not exists machine ("
    "  job int unsigned, owner varchar(200) character set ascii,"
    "  began datetime(3) not null, seen datetime(3) not null,"
    "  done bigint unsigned not null, failed bigint unsigned not null,"
    "  primary key (job, owner)) engine = InnoDB"};

} // namespace

// [/tables]

void make_tables(sql& database) {
    for (const char* table : tables)
        database.ask(table);
}

} // namespace ladder::beyond_one_machine
