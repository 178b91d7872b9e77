// PermitStore on pawl.limits and pawl.permits of the cluster's first server. One transaction a request, which locks the
// rows of the keys that it is about, in their order.
//
// Thread rule: PermitStore's; the transaction runs on a pool thread, `done` on the executor. A key without a row gives
// nothing: its limit was removed a moment ago.
#pragma once

#include <memory>
#include <string>

#include "scheduler/dispatch/permits.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pawl::cluster {

class PgPermitStore : public dispatch::PermitStore {
 public:
  // Destroy it on the executor's thread or after that thread has ended; no completion runs after.
  PgPermitStore(const std::string& postgres, base::Executor& executor);
  ~PgPermitStore() override;

  void Exchange(dispatch::PermitRequest request,
                std::function<void(absl::StatusOr<dispatch::PermitResponse>)> done) override;

 private:
  base::Executor& executor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<pg::Pool> pool_;
};

}  // namespace pawl::cluster
