using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpsMonitor.Web.Adapters;

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class TextJson : JsonSerializerContext
{
    /// <summary>Named texts, such as a row of a table or a form, as one JSON object.</summary>
    public static JsonElement Object(Dictionary<string, string> fields) => JsonSerializer.SerializeToElement(fields, Default.DictionaryStringString);
}
