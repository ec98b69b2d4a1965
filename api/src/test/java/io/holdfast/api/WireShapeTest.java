package io.holdfast.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.holdfast.api.authpb.AuthModelProto;
import io.holdfast.api.etcdserverpb.AuthProto;
import io.holdfast.api.etcdserverpb.ClusterProto;
import io.holdfast.api.etcdserverpb.HeaderProto;
import io.holdfast.api.etcdserverpb.KvProto;
import io.holdfast.api.etcdserverpb.LeaseProto;
import io.holdfast.api.etcdserverpb.MaintenanceProto;
import io.holdfast.api.etcdserverpb.WatchProto;
import io.holdfast.api.mvccpb.MvccProto;
import io.holdfast.api.v3electionpb.ElectionProto;
import io.holdfast.api.v3lockpb.LockProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds the compiled contract against the table of etcd's names, numbers and types in {@code
 * wire-shape.txt}. Every one of them is the wire: a difference here means that some client breaks.
 */
class WireShapeTest {
  private static final List<FileDescriptor> CONTRACT =
      List.of(
          MvccProto.getDescriptor(),
          AuthModelProto.getDescriptor(),
          HeaderProto.getDescriptor(),
          KvProto.getDescriptor(),
          WatchProto.getDescriptor(),
          LeaseProto.getDescriptor(),
          ClusterProto.getDescriptor(),
          MaintenanceProto.getDescriptor(),
          AuthProto.getDescriptor(),
          ElectionProto.getDescriptor(),
          LockProto.getDescriptor());

  @Test
  void everyNameNumberAndTypeIsThatOfEtcd() throws IOException {
    assertEquals(table(), WireShape.of(CONTRACT));
  }

  @Test
  void theTableCoversEveryService() throws IOException {
    String table = table();
    for (String service :
        List.of(
            "etcdserverpb.KV",
            "etcdserverpb.Watch",
            "etcdserverpb.Lease",
            "etcdserverpb.Cluster",
            "etcdserverpb.Maintenance",
            "etcdserverpb.Auth",
            "v3electionpb.Election",
            "v3lockpb.Lock")) {
      assertTrue(table.contains("service " + service + "\n"), service);
    }
  }

  private static String table() throws IOException {
    try (InputStream in = WireShapeTest.class.getResourceAsStream("wire-shape.txt")) {
      assertNotNull(in, "wire-shape.txt is missing");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Writes descriptors down as text, one block a type, in the order of their full names. */
  static final class WireShape {
    private final List<String> blocks = new ArrayList<>();

    static String of(List<FileDescriptor> files) {
      WireShape shape = new WireShape();
      for (FileDescriptor file : files) {
        file.getServices().forEach(shape::service);
        file.getEnumTypes().forEach(shape::enumeration);
        file.getMessageTypes().forEach(shape::message);
      }
      return shape.blocks.stream().sorted().collect(Collectors.joining());
    }

    private void service(ServiceDescriptor service) {
      StringBuilder block = new StringBuilder("service " + service.getFullName() + "\n");
      for (MethodDescriptor method : service.getMethods()) {
        block
            .append("  ")
            .append(method.getName())
            .append(method.isClientStreaming() ? " stream " : " ")
            .append(method.getInputType().getFullName())
            .append(method.isServerStreaming() ? " -> stream " : " -> ")
            .append(method.getOutputType().getFullName())
            .append('\n');
      }
      blocks.add(block.toString());
    }

    private void enumeration(EnumDescriptor type) {
      StringBuilder block = new StringBuilder("enum " + type.getFullName() + "\n");
      type.getValues()
          .forEach(value -> block.append("  " + value.getNumber() + " " + value.getName() + "\n"));
      blocks.add(block.toString());
    }

    private void message(Descriptor type) {
      StringBuilder block = new StringBuilder("message " + type.getFullName() + "\n");
      type.getFields().stream()
          .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
          .forEach(field -> block.append("  ").append(describe(field)).append('\n'));
      blocks.add(block.toString());
      type.getEnumTypes().forEach(this::enumeration);
      type.getNestedTypes().forEach(this::message);
    }

    private static String describe(FieldDescriptor field) {
      String type =
          switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(Locale.ROOT);
          };
      String oneof =
          field.getRealContainingOneof() == null
              ? ""
              : " of " + field.getRealContainingOneof().getName();
      return field.getNumber()
          + " "
          + field.getName()
          + (field.isRepeated() ? " repeated " : " ")
          + type
          + oneof;
    }
  }
}
