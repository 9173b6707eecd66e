using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class DenialAddress : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "address",
                table: "denial",
                type: "character varying(45)",
                maxLength: 45,
                nullable: true,
                collation: "C");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "address",
                table: "denial");
        }
    }
}
