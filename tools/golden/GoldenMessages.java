import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Writes tests/golden/protocol_messages.bin: every message of tools/protocol_messages.txt at every version, as Kafka's own classes
 * encode it, in three fillings (full, bare with nulls, sparse). Same classes, same bytes.
 *
 *   java -cp kafka-clients.jar:kafka-group-coordinator.jar:kafka-transaction-coordinator.jar:slf4j-api.jar tools/golden/GoldenMessages.java LIST OUT
 *
 * An entry is: u16 length and name, i16 version, i32 length and body; big-endian.
 */
public class GoldenMessages {
    enum Filling { FULL, BARE, SPARSE }

    private final Filling filling;
    private int counter = 0;

    GoldenMessages(Filling filling) {
        this.filling = filling;
    }

    private long number() {
        return filling == Filling.BARE ? 0 : ++counter * 7L;
    }

    private String text() {
        return filling == Filling.BARE ? "" : "t" + ++counter;
    }

    private ByteBuffer bytes() {
        return ByteBuffer.wrap(filling == Filling.BARE ? new byte[0] : new byte[] {(byte) ++counter, 0, (byte) 0xff});
    }

    private Object value(Type type) {
        boolean missing = filling == Filling.BARE || filling == Filling.SPARSE && ++counter % 2 == 0;
        if (type.isNullable() && missing) return null;
        if (type instanceof Schema) return struct((Schema) type);
        if (type.isArray()) {
            int count = filling == Filling.FULL ? 2 : filling == Filling.SPARSE ? 1 : 0;
            List<Object> elements = new ArrayList<>();
            for (int i = 0; i < count; i++) elements.add(value(type.arrayElementType().get()));
            return elements.toArray();
        }
        if (type instanceof TaggedFields) {
            TreeMap<Integer, Object> tagged = new TreeMap<>();
            for (var entry : ((TaggedFields) type).fields().entrySet()) {
                if (filling == Filling.FULL || filling == Filling.SPARSE && ++counter % 2 == 0) {
                    Object value = value(entry.getValue().type);
                    if (value != null) tagged.put(entry.getKey(), value);
                }
            }
            return tagged;
        }
        String name = type.toString();
        switch (name) {
            case "BOOLEAN": return number() % 2 == 1;
            case "INT8": return (byte) number();
            case "INT16": return (short) number();
            case "UINT16": return (int) number();
            case "INT32": return (int) number() * 1000;
            case "INT64": return number() * 10_000_000_000L;
            case "FLOAT64": return number() / 3.0;
            case "UUID": return new Uuid(number() << 40, number());
            default:
        }
        if (name.endsWith("STRING")) return text();
        if (name.endsWith("BYTES")) return bytes();
        if (name.endsWith("RECORDS")) return MemoryRecords.readableRecords(bytes());
        throw new IllegalArgumentException("no filling for " + name);
    }

    private Struct struct(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, value(field.def.type));
        return struct;
    }

    /** Filled through the schema, read and written back by the generated class, whose bytes are the canonical ones. */
    static byte[] encode(Class<?> type, Schema schema, short version, Filling filling) throws Exception {
        Struct struct = new GoldenMessages(filling).struct(schema);
        ByteBuffer filled = ByteBuffer.allocate(struct.sizeOf());
        struct.writeTo(filled);
        filled.flip();
        Message message = (Message) type.getConstructor().newInstance();
        message.read(new ByteBufferAccessor(filled), version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer out = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(out), cache, version);
        return out.array();
    }

    static Class<?> find(String name) throws ClassNotFoundException {
        for (String pattern : new String[] {"org.apache.kafka.common.message.%sData", "org.apache.kafka.common.message.%s",
                                            "org.apache.kafka.coordinator.group.generated.%s",
                                            "org.apache.kafka.coordinator.transaction.generated.%s"}) {
            try {
                return Class.forName(String.format(pattern, name));
            } catch (ClassNotFoundException tryNext) {
                continue;
            }
        }
        throw new ClassNotFoundException(name);
    }

    public static void main(String[] args) throws Exception {
        int entries = 0;
        try (DataOutputStream out = new DataOutputStream(new FileOutputStream(args[1]))) {
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                if (line.isBlank() || line.startsWith("#")) continue;
                String[] words = line.split(" ");
                String[] names = words[0].equals("api") ? new String[] {words[1] + "Request", words[1] + "Response"} : new String[] {words[1]};
                for (String name : names) {
                    Class<?> type = find(name);
                    Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
                    for (short version = 0; version < schemas.length; version++) {
                        if (schemas[version] == null) continue;
                        for (Filling filling : Filling.values()) {
                            byte[] body = encode(type, schemas[version], version, filling);
                            out.writeUTF(name);
                            out.writeShort(version);
                            out.writeInt(body.length);
                            out.write(body);
                            entries++;
                        }
                    }
                }
            }
        }
        System.out.println(entries + " entries");
    }
}
