package io.carillon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which package may use which, and which library belongs to whom; see docs/architecture.md. */
class PackageRulesTest {
  private static final String BASE = "io.carillon.";

  /** Each may use only what stands before it. */
  private static final List<String> LINE =
      List.of(
          "codec", "config", "broker", "bridge", "protocol", "auth", "channel", "route", "server");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.carillon");

  @Test
  void everyPackageIsInTheLine() {
    List<String> packages =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(BASE))
            .map(name -> name.substring(BASE.length()))
            .distinct()
            .sorted()
            .toList();

    assertThat(packages).containsExactlyInAnyOrderElementsOf(LINE);
  }

  @Test
  void aPackageUsesOnlyWhatStandsBeforeIt() {
    for (int i = 0; i < LINE.size(); i++) {
      for (String later : LINE.subList(i + 1, LINE.size())) {
        noClasses()
            .that()
            .resideInAPackage(BASE + LINE.get(i))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BASE + later)
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void nobodyUsesTheRoot() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.carillon")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.carillon")
        .check(CLASSES);
  }

  @Test
  void onlyTheRootUsesTheBridge() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.carillon", BASE + "bridge")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(BASE + "bridge")
        .check(CLASSES);
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("io.carillon.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void eachLibraryHasOneOwner() {
    owns("com.fasterxml.jackson..", "codec");
    owns("com.hazelcast..", "bridge");
    owns("io.netty..", "server");
    owns("io.vertx.ext.auth.jwt..", "auth");
  }

  @Test
  void anEngineHasOnePublicVerticleBesideItsOptions() {
    assertThat(publicTypesOf("bridge"))
        .containsExactlyInAnyOrder("BrokerVerticle", "BrokerOptions", "ClusterOptions");
    assertThat(publicTypesOf("server"))
        .containsExactlyInAnyOrder(
            "HttpVerticle",
            "HttpOptions",
            "HttpRoutes",
            "ErrorHandlers",
            "Limits",
            "SessionOptions",
            "TlsOptions",
            "TokenOptions");
  }

  private static void owns(String library, String owner) {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + owner)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(CLASSES);
  }

  private static List<String> publicTypesOf(String name) {
    return CLASSES.stream()
        .filter(type -> type.getPackageName().equals(BASE + name))
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .filter(type -> !type.isNestedClass() && !type.getSimpleName().equals("package-info"))
        .map(JavaClass::getSimpleName)
        .collect(Collectors.toList());
  }
}
