package io.holdfast.server.grpc;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.ops.SlowWork;
import io.holdfast.server.service.AuthService;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.WatchService;
import io.quarkus.grpc.reflection.service.ReflectionServiceV1;
import io.quarkus.grpc.reflection.service.ReflectionServiceV1alpha;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * All services of the client API, behind their interceptors: once for the client port, and once
 * more inside the process, for the JSON gateway.
 */
public final class ClientApi implements AutoCloseable {
  /**
   * The use cases that the API offers.
   *
   * @param health asked often; must not block
   */
  public record UseCases(
      KeyValueService keyValues,
      LeaseService leases,
      WatchService watches,
      ClusterService cluster,
      MaintenanceService maintenance,
      LockService locks,
      ElectionService elections,
      AuthService auth,
      Supplier<HealthFacts> health) {}

  /**
   * @param requestBytesMax the largest request; responses that may be cut into parts are cut at it
   * @param electionTimeoutMillis how often to look whether a leader is still known
   */
  public record Options(int requestBytesMax, long electionTimeoutMillis) {}

  private final LeaderGate leaderGate;
  private final HealthGrpcService health;
  private final List<ServerServiceDefinition> services;
  private final CallMetrics calls;
  private final Server inProcess;
  private final ManagedChannel channel;

  public ClientApi(UseCases useCases, Options options) {
    this(useCases, options, new RpcMetrics(), SlowWork.unlimited());
  }

  /**
   * @param metrics where calls are counted, those of the JSON gateway included
   * @param slow told of unary calls
   */
  public ClientApi(UseCases useCases, Options options, RpcMetrics metrics, SlowWork slow) {
    leaderGate =
        new LeaderGate(() -> useCases.health().get().hasLeader(), options.electionTimeoutMillis());
    LearnerGate learnerGate = new LearnerGate(useCases.cluster()::isLearner);
    health = new HealthGrpcService(useCases.health());
    List<ServerServiceDefinition> gated = new ArrayList<>();
    UnsentAnswers unsent = UnsentAnswers.ofMemory();
    ApiVersionGate apiVersionGate = new ApiVersionGate();
    for (BindableService service : etcdServices(useCases, options)) {
      AuthGate authGate = authGate(service, useCases.auth());
      gated.add(
          service instanceof KvGrpcService
              ? ServerInterceptors.intercept(
                  service, authGate, leaderGate, apiVersionGate, learnerGate, unsent)
              : ServerInterceptors.intercept(
                  service, authGate, leaderGate, apiVersionGate, learnerGate));
    }
    services = new ArrayList<>(gated);
    services.add(health.bindService());
    List<ServerServiceDefinition> reflected = List.copyOf(services);
    services.add(new ReflectionServiceV1(reflected).bindService());
    services.add(new ReflectionServiceV1alpha(reflected).bindService());

    String name = InProcessServerBuilder.generateName();
    calls = new CallMetrics(services, metrics, slow);
    inProcess =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addServices(gated)
            .addStreamTracerFactory(calls)
            .build();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    try {
      inProcess.start();
    } catch (IOException e) {
      throw new UncheckedIOException("the in-process server did not start", e);
    }
  }

  /** Without a token, too, the recipes answer as clients of their own server would. */
  private static AuthGate authGate(BindableService service, AuthService auth) {
    boolean recipe = service instanceof LockGrpcService || service instanceof ElectionGrpcService;
    return new AuthGate(auth, recipe ? Failures::ofRecipe : Failures::of);
  }

  private static List<BindableService> etcdServices(UseCases useCases, Options options) {
    return List.of(
        new KvGrpcService(useCases.keyValues(), options.requestBytesMax()),
        new WatchGrpcService(useCases.watches(), options.requestBytesMax()),
        new LeaseGrpcService(useCases.leases()),
        new ClusterGrpcService(useCases.cluster()),
        new MaintenanceGrpcService(useCases.maintenance()),
        new AuthGrpcService(useCases.auth()),
        new LockGrpcService(useCases.locks()),
        new ElectionGrpcService(useCases.elections()));
  }

  /** For the client port. */
  public List<ServerServiceDefinition> services() {
    return List.copyOf(services);
  }

  /** Counts the calls of whatever server offers the services. */
  public CallMetrics calls() {
    return calls;
  }

  /**
   * A channel to the same services inside the process. Calls run on the caller's thread up to the
   * use case; answers come on the thread that completes it.
   */
  public ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    inProcess.shutdownNow();
    leaderGate.close();
    health.close();
  }
}
