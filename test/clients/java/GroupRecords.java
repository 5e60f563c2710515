import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.OffsetAndMetadata;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/** Prints key and value of records of __consumer_offsets, as Kafka's own coordinator writes them. */
public class GroupRecords {
  public static void main(String[] args) {
    Uuid id = Uuid.fromString(args[0]);
    print(offset(new OffsetAndMetadata(
        42, OptionalInt.of(7), "note", 1_700_000_000_000L, OptionalLong.empty(), id)));
    print(offset(new OffsetAndMetadata(
        5_000_000_000L, OptionalInt.empty(), "", 1, OptionalLong.empty(), Uuid.ZERO_UUID)));
    print(offset(new OffsetAndMetadata(
        42, OptionalInt.of(7), "note", 1_700_000_000_000L, OptionalLong.of(1_800_000_000_000L), id)));
    print(GroupCoordinatorRecordHelpers.newOffsetCommitTombstoneRecord("the-group", "orders", 3));
    print(CoordinatorRecord.record(
        new GroupMetadataKey().setGroup("the-group"),
        new ApiMessageAndVersion(
            new GroupMetadataValue()
                .setProtocolType("consumer")
                .setGeneration(9)
                .setProtocol("range")
                .setLeader("m-1")
                .setCurrentStateTimestamp(1_700_000_000_000L)
                .setMembers(List.of(new GroupMetadataValue.MemberMetadata()
                    .setMemberId("m-1")
                    .setGroupInstanceId("i-1")
                    .setClientId("c")
                    .setClientHost("/127.0.0.1")
                    .setRebalanceTimeout(60_000)
                    .setSessionTimeout(45_000)
                    .setSubscription(new byte[] {1, 2})
                    .setAssignment(new byte[] {3}))),
            (short) 3)));
    print(GroupCoordinatorRecordHelpers.newGroupMetadataTombstoneRecord("the-group"));
  }

  private static CoordinatorRecord offset(OffsetAndMetadata committed) {
    return GroupCoordinatorRecordHelpers.newOffsetCommitRecord("the-group", "orders", 3, committed);
  }

  private static void print(CoordinatorRecord record) {
    var serde = new GroupCoordinatorRecordSerde();
    byte[] value = serde.serializeValue(record);
    System.out.println(hex(serde.serializeKey(record)) + " " + (value == null ? "-" : hex(value)));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
