// A PostgreSQL for tests: the one that PAWL_TEST_POSTGRES (a connection string of a role that may create databases)
// names, or else one started here, with the settings that a fresh installation has, fsync included. One a process, made
// when first asked for, gone with the process.
#pragma once

#include <string>

namespace pawl::test {

class PostgresServer {
 public:
  static PostgresServer& Instance();

  // A new, empty database; the connection string for it. Databases of an own server go with it, others with the
  // process.
  std::string NewDatabase();
  // A new database with the schema of `template_conninfo`'s, which nobody may be connected to.
  std::string CopyDatabase(const std::string& template_conninfo);

  void DropDatabase(const std::string& conninfo);

  // One statement as the administrator, in the server's own database.
  void Execute(const std::string& sql);

  // False for PAWL_TEST_POSTGRES: then the tests that stop the server are skipped.
  bool is_own() const { return own_pid_ > 0; }
  // For an own server only. Stop kills every process of it at once, as a power failure would.
  void Stop();
  void Start();

  ~PostgresServer();

 private:
  PostgresServer();
  void InitCluster();
  std::string Make(const std::string& options);
  std::string For(const std::string& database) const;

  std::string directory_;  // of an own server
  std::string admin_conninfo_;
  int own_pid_ = 0;
  int made_ = 0;
};

}  // namespace pawl::test
