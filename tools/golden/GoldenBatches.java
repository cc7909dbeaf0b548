import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;

/**
 * Writes tests/golden/batches/*.bin: record batches as Kafka's own classes make them. src/record/golden_test.cc knows the records.
 * Run it with the jars of Apache Kafka (4.1.1 made the files) in LIBS:
 *   java -cp "$LIBS/*" tools/golden/GoldenBatches.java tests/golden/batches
 */
public class GoldenBatches {
    static final long TIME = 1_700_000_000_000L;

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Twenty records: plain ones, and each kind of absence. */
    static void fill(MemoryRecordsBuilder builder) {
        Header[] none = {};
        builder.append(TIME, bytes("key-0"), bytes("value-0"), none);
        builder.append(TIME + 7, (byte[]) null, bytes("no key"), none);
        builder.append(TIME + 3, bytes("no value"), (byte[]) null, none);
        builder.append(TIME - 100, bytes(""), bytes(""), none);
        Header[] headers = {new RecordHeader("trace", bytes("abc")), new RecordHeader("null", (byte[]) null), new RecordHeader("", bytes(""))};
        builder.append(TIME + 50, bytes("headers"), bytes("with headers"), headers);
        for (int i = 5; i < 20; i++) {
            builder.append(TIME + i, bytes("key-" + i), bytes("value ".repeat(i * i)), none);
        }
    }

    static MemoryRecordsBuilder builder(Compression compression, TimestampType type, long producer, boolean transactional, boolean control) {
        return new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 20), RecordBatch.CURRENT_MAGIC_VALUE, compression, type, 1000L,
            type == TimestampType.LOG_APPEND_TIME ? TIME + 12345 : RecordBatch.NO_TIMESTAMP, producer,
            producer < 0 ? RecordBatch.NO_PRODUCER_EPOCH : (short) 3, producer < 0 ? RecordBatch.NO_SEQUENCE : 17, transactional, control, 9, 1 << 20);
    }

    static void write(Path folder, String name, MemoryRecords... all) throws Exception {
        ByteBuffer out = ByteBuffer.allocate(1 << 20);
        for (MemoryRecords records : all) {
            out.put(records.buffer().duplicate());
        }
        out.flip();
        byte[] data = new byte[out.remaining()];
        out.get(data);
        Files.write(folder.resolve(name + ".bin"), data);
    }

    static MemoryRecords filled(Compression compression, TimestampType type, long producer, boolean transactional) {
        MemoryRecordsBuilder builder = builder(compression, type, producer, transactional, false);
        fill(builder);
        return builder.build();
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        for (CompressionType type : CompressionType.values()) {
            write(folder, type.name, filled(Compression.of(type).build(), TimestampType.CREATE_TIME, RecordBatch.NO_PRODUCER_ID, false));
        }
        write(folder, "append_time", filled(Compression.NONE, TimestampType.LOG_APPEND_TIME, RecordBatch.NO_PRODUCER_ID, false));
        write(folder, "transactional", filled(Compression.NONE, TimestampType.CREATE_TIME, 4242L, true));
        MemoryRecords commit = MemoryRecords.withEndTransactionMarker(2000L, TIME, 9, 4242L, (short) 3, new EndTransactionMarker(ControlRecordType.COMMIT, 6));
        MemoryRecords abort = MemoryRecords.withEndTransactionMarker(2001L, TIME, 9, 4242L, (short) 3, new EndTransactionMarker(ControlRecordType.ABORT, 7));
        write(folder, "markers", commit, abort);
    }
}
