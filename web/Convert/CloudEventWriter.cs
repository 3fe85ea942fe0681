using System.Buffers;
using System.Globalization;
using System.Text.Json;
using NodaTime.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>Writes events as NDJSON: one structured CloudEvent 1.0 per line, UTF-8 without a mark, each line ended by a line feed.</summary>
public static class CloudEventWriter
{
    private static readonly InstantPattern Rfc3339 = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.fff'Z'");
    private const int FlushAtBytes = 1 << 16;

    /// <summary>Writes every event and flushes; returns how many were written. The stream stays open.</summary>
    public static long WriteAll(Stream output, IEnumerable<CloudEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * FlushAtBytes);
        using var json = new Utf8JsonWriter(buffer);
        long written = 0;
        foreach (var e in events)
        {
            WriteLine(buffer, json, e);
            written++;
            if (buffer.WrittenCount >= FlushAtBytes) Drain(buffer, output);
        }
        Drain(buffer, output);
        output.Flush();
        return written;
    }

    /// <summary>One event as the bytes of one structured CloudEvent, without the line feed.</summary>
    public static byte[] ToUtf8(CloudEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        WriteObject(json, e);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteLine(ArrayBufferWriter<byte> buffer, Utf8JsonWriter json, CloudEvent e)
    {
        json.Reset();
        WriteObject(json, e);
        buffer.Write("\n"u8);
    }

    private static void WriteObject(Utf8JsonWriter json, CloudEvent e)
    {
        json.WriteStartObject();
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id"u8, e.Id);
        json.WriteString("source"u8, e.Source);
        json.WriteString("type"u8, e.Type);
        json.WriteString("time"u8, Rfc3339.Format(e.Time));
        json.WriteString("subject"u8, e.Subject);
        // The CloudEvents sequence extension is a string by its definition.
        json.WriteString("sequence"u8, e.Sequence.ToString(CultureInfo.InvariantCulture));
        json.WritePropertyName("data"u8);
        JsonSerializer.Serialize(json, e.Data, e.Data.GetType(), EventJson.Default);
        json.WriteEndObject();
        json.Flush();
    }

    private static void Drain(ArrayBufferWriter<byte> buffer, Stream output)
    {
        output.Write(buffer.WrittenSpan);
        buffer.ResetWrittenCount();
    }
}
