package io.holdfast.driver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/** What the driver may know, and what it may show. */
@AnalyzeClasses(
    packages = "io.holdfast.driver",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String PUBLIC = "io.holdfast.driver";

  @ArchTest
  static final ArchRule signaturesShowTypesOfTheJdkOnly =
      classes().that().resideInAPackage(PUBLIC).and().arePublic().should(showOnlyJdkTypes());

  @ArchTest
  static final ArchRule publicTypesDoNotUseTheWire =
      noClasses()
          .that()
          .resideInAPackage(PUBLIC)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "com.google..", "io.holdfast.api..");

  @ArchTest
  static final ArchRule theInsideStaysInside =
      noClasses()
          .that()
          .resideInAPackage(PUBLIC)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(PUBLIC + ".internal..");

  @ArchTest
  static final ArchRule neverReachesTheServer =
      noClasses()
          .that()
          .resideInAPackage(PUBLIC + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.holdfast.server..", "io.holdfast.config..", "io.quarkus..", "jakarta..");

  private static ArchCondition<JavaClass> showOnlyJdkTypes() {
    return new ArchCondition<>("show types of the JDK and their own package only") {
      @Override
      public void check(JavaClass shown, ConditionEvents events) {
        for (JavaCodeUnit unit : shown.getCodeUnits()) {
          if (isVisible(unit.getModifiers())) {
            unit.getAllInvolvedRawTypes()
                .forEach(type -> checkType(shown, unit.getFullName(), type, events));
          }
        }
        for (JavaField field : shown.getFields()) {
          if (isVisible(field.getModifiers())) {
            field
                .getAllInvolvedRawTypes()
                .forEach(type -> checkType(shown, field.getFullName(), type, events));
          }
        }
      }
    };
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static void checkType(
      JavaClass shown, String where, JavaClass type, ConditionEvents events) {
    JavaClass element = type.getBaseComponentType();
    boolean allowed =
        element.isPrimitive()
            || element.getPackageName().startsWith("java.")
            || element.getPackageName().equals(PUBLIC);
    if (!allowed) {
      events.add(SimpleConditionEvent.violated(shown, where + " shows " + type.getName()));
    }
  }
}
