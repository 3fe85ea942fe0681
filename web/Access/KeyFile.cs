using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpsMonitor.Web.Access;

/// <summary>keys.json. Read and written whole.</summary>
internal sealed record KeyFile(IReadOnlyList<KeyLine> Keys)
{
    /// <exception cref="InvalidDataException">it cannot be read</exception>
    public static KeyFile Read(string path)
    {
        try { return JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyJson.Default.KeyFile) ?? throw new JsonException("null"); }
        catch (JsonException e) { throw Unreadable(e); }
    }

    public static InvalidDataException Unreadable(Exception cause) =>
        new("keys.json cannot be read. Restore it, or move it away to have a new key made.", cause);

    public static void Write(string path, KeyFile file)
    {
        // Written aside and renamed: a crash leaves no half file, which would lock every integration out.
        var aside = path + ".new";
        File.Delete(aside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(aside, options))
        {
            JsonSerializer.Serialize(stream, file, KeyJson.Default.KeyFile);
            stream.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }
}

/// <param name="Scopes">null in a file from before there were scopes</param>
/// <param name="Sources">null for all</param>
/// <param name="Departments">null for all</param>
internal sealed record KeyLine(
    string Id, string Sha256, string Created, string? Name = null, IReadOnlyList<string>? Scopes = null, IReadOnlyList<string>? Sources = null,
    IReadOnlyList<string>? Departments = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeyFile))]
internal sealed partial class KeyJson : JsonSerializerContext;
