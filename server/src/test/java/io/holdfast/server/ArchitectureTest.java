package io.holdfast.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** The rules of the house: which room may know what. Described in docs/architecture.md. */
@AnalyzeClasses(
    packages = "io.holdfast.server",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "io.holdfast.server.";
  private static final String[] DETERMINISTIC = rooms("raft", "apply", "mvcc", "lease", "auth");

  @ArchTest
  static final ArchRule raftIsPure =
      classes()
          .that()
          .resideInAnyPackage(rooms("raft"))
          .should()
          .onlyDependOnClassesThat(
              DescribedPredicate.describe(
                  "are raft's own or of java.lang, java.util and java.util.function",
                  type ->
                      type.getPackageName().startsWith(ROOT + "raft")
                          || type.isPrimitive()
                          || type.isArray()
                          || Set.of(
                                  "java.lang",
                                  "java.lang.annotation",
                                  "java.lang.invoke",
                                  "java.lang.runtime",
                                  "java.util",
                                  "java.util.function")
                              .contains(type.getPackageName())));

  @ArchTest
  static final ArchRule timeAndRandomnessAreArguments =
      noClasses()
          .that()
          .resideInAnyPackage(DETERMINISTIC)
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "reads a clock or a source of randomness",
                  (JavaCall<?> call) ->
                      isCall(call, System.class, "nanoTime")
                          || isCall(call, System.class, "currentTimeMillis")
                          || isCall(call, Instant.class, "now")
                          || isCall(call, Math.class, "random")
                          || isCall(call, UUID.class, "randomUUID")));

  @ArchTest
  static final ArchRule noThreadsInDeterministicRooms =
      noClasses()
          .that()
          .resideInAnyPackage(DETERMINISTIC)
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Thread.class, Random.class)
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyBackendKnowsMvStore =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "backend..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.h2..");

  @ArchTest
  static final ArchRule filesBelongToStorageRooms =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              rooms(
                  "disk",
                  "wal",
                  "snapshot",
                  "backup",
                  "backend",
                  "service.member",
                  "tls",
                  "token",
                  "app",
                  "cli"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.nio.file..", "java.nio.channels..");

  @ArchTest
  static final ArchRule wireTypesStayAtTheWire =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              ROOT + "grpc..",
              ROOT + "rest..",
              ROOT + "transport..",
              ROOT + "apply.codec..",
              ROOT + "cli.bench..",
              ROOT + "cli.snapshot..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "com.google.protobuf..", "io.holdfast.api..");

  @ArchTest
  static final ArchRule frameworksStayAtTheEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages(rooms("grpc", "rest", "ops", "app"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "jakarta..", "io.quarkus..", "io.smallrye..", "org.eclipse.microprofile..");

  @ArchTest
  static final ArchRule onlyTheNodeStepsTheCore =
      noClasses()
          .that()
          .resideOutsideOfPackages(rooms("node", "raft"))
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "RaftCore.step",
                  (JavaCall<?> call) ->
                      call.getTargetOwner().getName().equals(ROOT + "raft.RaftCore")
                          && call.getName().equals("step")))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule noCycles = slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule nothingButTheAppKnowsTheEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages(rooms("app", "grpc", "rest", "ops"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(rooms("grpc", "rest", "ops"));

  @ArchTest
  static final ArchRule theEdgeNeverTouchesTheGroundFloor =
      noClasses()
          .that()
          .resideInAnyPackage(rooms("grpc", "rest", "ops"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(rooms("raft", "wal", "backend"))
          .allowEmptyShould(true);

  private static String[] rooms(String... names) {
    String[] packages = new String[names.length];
    for (int i = 0; i < names.length; i++) {
      packages[i] = ROOT + names[i] + "..";
    }
    return packages;
  }

  private static boolean isCall(JavaCall<?> call, Class<?> owner, String method) {
    JavaClass target = call.getTargetOwner();
    return target.isEquivalentTo(owner) && call.getName().equals(method);
  }
}
