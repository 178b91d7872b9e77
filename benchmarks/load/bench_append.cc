// pawl-bench-append: the raw append ceiling of a PostgreSQL, to hold our own figures against. Rows of 200 bytes with a
// primary key, by unnest of an array, on two connections or as many as are asked for.
//
//   pawl-bench-append CONNINFO ROWS_PER_TRANSACTION SECONDS [CONNECTIONS]      prints rows per second
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string IntArray(int64_t first, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += (i ? "," : "") + std::to_string(first + i);
  return text + "}";
}

bool Appends(const char* conninfo, int worker, int rows, std::chrono::steady_clock::time_point until,
             std::atomic<int64_t>& written) {
  PGconn* connection = PQconnectdb(conninfo);
  if (PQstatus(connection) != CONNECTION_OK) {
    std::fprintf(stderr, "%s", PQerrorMessage(connection));
    return false;
  }
  const std::string payload(170, 'x');
  int64_t next = int64_t{worker} << 40;
  PGresult* prepared =
      PQprepare(connection, "append", "insert into pawl_bench_rows select unnest($1::bigint[]), $2::text", 2, nullptr);
  bool ok = PQresultStatus(prepared) == PGRES_COMMAND_OK;
  if (!ok) std::fprintf(stderr, "%s", PQresultErrorMessage(prepared));
  PQclear(prepared);
  while (ok && std::chrono::steady_clock::now() < until) {
    std::string ids = IntArray(next, rows);
    const char* values[] = {ids.c_str(), payload.c_str()};
    PGresult* result = PQexecPrepared(connection, "append", 2, values, nullptr, nullptr, 0);
    ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) std::fprintf(stderr, "%s", PQresultErrorMessage(result));
    PQclear(result);
    next += rows;
    written += rows;
  }
  PQfinish(connection);
  return ok;
}

bool Run(const char* conninfo, const char* sql) {
  PGconn* connection = PQconnectdb(conninfo);
  PGresult* result = PQexec(connection, sql);
  bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
  if (!ok) std::fprintf(stderr, "%s", PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: pawl-bench-append CONNINFO ROWS_PER_TRANSACTION SECONDS [CONNECTIONS]\n");
    return 2;
  }
  const int rows = std::atoi(argv[2]);
  const std::chrono::duration<double> length(std::atof(argv[3]));
  const int connections = argc == 5 ? std::atoi(argv[4]) : 2;
  if (!Run(argv[1], "create table pawl_bench_rows (id bigint primary key, data text not null)")) return 1;
  std::atomic<int64_t> written = 0;
  std::atomic<bool> failed = false;
  auto began = std::chrono::steady_clock::now();
  auto until = began + std::chrono::duration_cast<std::chrono::steady_clock::duration>(length);
  std::vector<std::thread> workers;
  for (int i = 0; i < connections; ++i) {
    workers.emplace_back([&, i] {
      if (!Appends(argv[1], i, rows, until, written)) failed = true;
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  Run(argv[1], "drop table pawl_bench_rows");
  if (failed) return 1;
  std::printf("%.0f\n", static_cast<double>(written) / took.count());
  return 0;
}
