using System.Text.Json;

namespace OpsMonitor.Bench;

/// <summary>
/// The limit for reading: by hand, over the platform's tokens, for the bench's own events only. Looks for the fields it knows, takes the instant's
/// digits, keeps nothing, allocates nothing, judges nothing: no second look at depth, doubled keys or characters, no canonical bytes, no record.
/// </summary>
internal static class HandReader
{
    public struct Known
    {
        public long At;
        public int Priority, Lengths;
        public uint Seen;
    }

    public static Known Read(ReadOnlySpan<byte> json)
    {
        var known = default(Known);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("specversion"u8)) Text(ref reader, ref known, 0);
            else if (reader.ValueTextEquals("id"u8)) Text(ref reader, ref known, 1);
            else if (reader.ValueTextEquals("source"u8)) Text(ref reader, ref known, 2);
            else if (reader.ValueTextEquals("type"u8)) Text(ref reader, ref known, 3);
            else if (reader.ValueTextEquals("time"u8)) Time(ref reader, ref known);
            else if (reader.ValueTextEquals("subject"u8)) Text(ref reader, ref known, 5);
            else if (reader.ValueTextEquals("data"u8)) Data(ref reader, ref known);
            else { reader.Read(); reader.Skip(); }
        }
        return known;
    }

    private static void Data(ref Utf8JsonReader reader, ref Known known)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("kind"u8)) Text(ref reader, ref known, 8);
            else if (reader.ValueTextEquals("channel"u8)) Text(ref reader, ref known, 9);
            else if (reader.ValueTextEquals("department_id"u8)) Text(ref reader, ref known, 10);
            else if (reader.ValueTextEquals("priority"u8)) { reader.Read(); known.Priority = reader.GetInt32(); }
            else if (reader.ValueTextEquals("customer_ref"u8)) Text(ref reader, ref known, 11);
            else if (reader.ValueTextEquals("category"u8)) Text(ref reader, ref known, 12);
            else if (reader.ValueTextEquals("method"u8)) Text(ref reader, ref known, 13);
            else if (reader.ValueTextEquals("assignee"u8)) Text(ref reader, ref known, 14);
            else { reader.Read(); reader.Skip(); }
        }
    }

    private static void Text(ref Utf8JsonReader reader, ref Known known, int field)
    {
        reader.Read();
        known.Seen |= 1u << field;
        known.Lengths += reader.ValueSpan.Length;
    }

    private static void Time(ref Utf8JsonReader reader, ref Known known)
    {
        reader.Read();
        known.Seen |= 1u << 4;
        // 2026-03-01T09:00:00.123Z: the digits where the bench writes them
        var t = reader.ValueSpan;
        static int Two(ReadOnlySpan<byte> s, int i) => ((s[i] - '0') * 10) + (s[i + 1] - '0');
        var day = (new DateTime((Two(t, 0) * 100) + Two(t, 2), Two(t, 5), Two(t, 8)).Ticks / TimeSpan.TicksPerMillisecond) - 62_135_596_800_000;
        known.At = day + (Two(t, 11) * 3_600_000L) + (Two(t, 14) * 60_000L) + (Two(t, 17) * 1_000L) + (Two(t, 20) * 10) + (t[22] - '0');
    }
}
