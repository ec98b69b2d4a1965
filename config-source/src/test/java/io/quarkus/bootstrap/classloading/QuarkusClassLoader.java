package io.quarkus.bootstrap.classloading;

/** Stands for the class loader of this name, by which a build is recognised. */
public final class QuarkusClassLoader extends ClassLoader {
  /** A class loader with a name. */
  public QuarkusClassLoader(String name, ClassLoader parent) {
    super(name, parent);
  }
}
