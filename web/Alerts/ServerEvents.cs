using System.Buffers;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Read;

namespace OpsMonitor.Web.Alerts;

/// <summary>Events that are the server's own word, made as any sender would make them.</summary>
internal static class ServerEvents
{
    /// <param name="at">Unix ms</param>
    public static Event Make(string source, string id, string type, long at, string subject, Action<Utf8JsonWriter> data, string? department = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", id);
            json.WriteString("source", source);
            json.WriteString("type", type);
            json.WriteString("time", RowJson.Time(at));
            json.WriteString("subject", subject);
            if (department is not null) json.WriteString("departmentid", department);
            json.WriteStartObject("data");
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return EventReader.Read(buffer.WrittenMemory).Event ?? throw new InvalidOperationException("an own event cannot be read");
    }
}
