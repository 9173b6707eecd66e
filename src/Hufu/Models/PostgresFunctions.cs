using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Hufu.Models.PostgreSql;

/// <summary>What the generated model of PostgreSQL cannot hold: how the functions of the context are written there.</summary>
public partial class PostgresHufuContextModel
{
    partial void Customize()
    {
        var functions = (Dictionary<string, IDbFunction>)FindAnnotation(RelationalAnnotationNames.DbFunctions)!.Value!;
        foreach (var (name, function) in functions.ToList())
        {
            if (function.MethodInfo is not { } method || !HufuDbContext.PostgresFunctions.TryGetValue(method.Name, out var translation)) continue;
            var whole = new RuntimeDbFunction(name, this, function.ReturnType, function.Name, function.Schema, function.StoreType, method, function.IsScalar, function.IsAggregate, function.IsNullable, function.IsBuiltIn, translation: translation);
            foreach (var parameter in function.Parameters) whole.AddParameter(parameter.Name, parameter.ClrType, parameter.PropagatesNullability, parameter.StoreType);
            functions[name] = whole;
        }
    }
}
