#include "tests/contract/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "shared/base/check.h"

namespace pawl::test {
namespace {

namespace fs = std::filesystem;

// The newest installed one.
fs::path Programs() {
  fs::path newest;
  int newest_version = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && fs::exists(entry.path() / "bin/initdb")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  PAWL_CHECK(newest_version > 0,
             "tests on PostgreSQL need its server: apt install postgresql, or set PAWL_TEST_POSTGRES");
  return newest;
}

// PostgreSQL refuses to run as root.
const passwd* ServerUser() {
  if (getuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  PAWL_CHECK(user != nullptr, "Debian's PostgreSQL packages make the user postgres");
  return user;
}

// Starts a program as the server's user; it dies with this process.
pid_t Spawn(const std::vector<std::string>& arguments, const std::string& log) {
  const passwd* user = ServerUser();
  pid_t parent = getpid();
  pid_t pid = fork();
  PAWL_CHECK(pid >= 0, "a test may fork");
  if (pid > 0) return pid;
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(125);
  setpgid(0, 0);
  if (freopen(log.c_str(), "a", stdout) == nullptr || dup2(fileno(stdout), 2) < 0) _exit(124);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

bool Answers(const std::string& conninfo) { return PQping(conninfo.c_str()) == PQPING_OK; }

}  // namespace

PostgresServer& PostgresServer::Instance() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  if (const char* given = std::getenv("PAWL_TEST_POSTGRES"); given != nullptr && *given != '\0') {
    admin_conninfo_ = given;
    return;
  }
  char name[] = "/tmp/pawl_test_pg_XXXXXX";
  PAWL_CHECK(mkdtemp(name) != nullptr, "a test may make a directory in /tmp");
  directory_ = name;
  if (const passwd* user = ServerUser()) {
    PAWL_CHECK(chown(directory_.c_str(), user->pw_uid, user->pw_gid) == 0, "root may give a directory away");
  }
  admin_conninfo_ = "host=" + directory_ + " port=5432 user=postgres dbname=postgres";
  InitCluster();
  Start();
}

void PostgresServer::InitCluster() {
  int status = 0;
  pid_t pid = Spawn({Programs() / "initdb", "-D", directory_ + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                     "--locale=C", "--no-sync"},
                    directory_ + "/initdb.log");
  waitpid(pid, &status, 0);
  PAWL_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "initdb makes a cluster");
}

void PostgresServer::Start() {
  own_pid_ = Spawn({Programs() / "postgres", "-D", directory_ + "/data", "-k", directory_, "-c",
                    "listen_addresses=", "-c", "port=5432", "-c", "shared_buffers=64MB", "-c", "max_connections=60"},
                   directory_ + "/server.log");
  for (int i = 0; i < 1800 && !Answers(admin_conninfo_); ++i) usleep(50'000);
  PAWL_CHECK(Answers(admin_conninfo_), "a server started for tests takes connections within 90 s");
}

void PostgresServer::Stop() {
  // SIGQUIT is PostgreSQL's immediate shutdown: nothing is written any more, the next start recovers from the WAL.
  kill(own_pid_, SIGQUIT);
  int status = 0;
  waitpid(own_pid_, &status, 0);
}

PostgresServer::~PostgresServer() {
  if (!is_own()) return;
  Stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PostgresServer::Execute(const std::string& sql) {
  PGconn* connection = PQconnectdb(admin_conninfo_.c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) std::fprintf(stderr, "%s", PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
  PAWL_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "the administrator's statements succeed");
}

std::string PostgresServer::For(const std::string& database) const {
  // The last of two settings of one name stands.
  return admin_conninfo_ + " dbname=" + database;
}

std::string PostgresServer::Make(const std::string& options) {
  std::string name = "pawl_test_" + std::to_string(getpid()) + "_" + std::to_string(++made_);
  Execute("create database " + name + " " + options);
  return For(name);
}

std::string PostgresServer::NewDatabase() {
  return Make("template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
}

void PostgresServer::DropDatabase(const std::string& conninfo) {
  Execute("drop database " + conninfo.substr(conninfo.rfind('=') + 1) + " with (force)");
}

std::string PostgresServer::CopyDatabase(const std::string& template_conninfo) {
  return Make("template " + template_conninfo.substr(template_conninfo.rfind('=') + 1));
}

}  // namespace pawl::test
