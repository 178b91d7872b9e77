// PgStore::Ask, for the files that write its SQL. Internal to scheduler/catalog.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <utility>

#include "scheduler/catalog/pg_store.h"

namespace pawl::catalog {

template <typename T, typename Query>
void PgStore::Ask(Query query, Done<T> done) {
  auto answer = std::make_shared<T>();
  pool_.Submit(
      [query = std::move(query), answer](pqxx::connection_base& connection) {
        pqxx::work tx(connection);
        *answer = query(tx);
        tx.commit();
        return absl::OkStatus();
      },
      [this, answer, done = std::move(done)](absl::Status status) {
        executor_.Post([answer, done, status = std::move(status)] {
          if (status.ok()) {
            done(std::move(*answer));
          } else {
            done(status);
          }
        });
      });
}

}  // namespace pawl::catalog
